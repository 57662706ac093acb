"""The account and its sites over REST."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import msgspec
from msgspec import Struct

from chat.account.actions import accounts, quotas
from chat.core.model import Actor, Site
from chat.infra.services import Services
from chat.web.endpoint import Ask, endpoint
from chat.web.lists import Listed


class AccountChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What of an account is to be changed."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    message_rate: int | msgspec.UnsetType = msgspec.UNSET
    agreement_rate: int | msgspec.UnsetType = msgspec.UNSET
    grace_days: int | msgspec.UnsetType = msgspec.UNSET
    consent_days: int | msgspec.UnsetType = msgspec.UNSET
    export_agent_names: bool | msgspec.UnsetType = msgspec.UNSET
    export_notes: bool | msgspec.UnsetType = msgspec.UNSET
    ham_held: float | msgspec.UnsetType = msgspec.UNSET


@endpoint("GET /sites", permission="site.read", audited=())
async def list_sites(ask: Ask[None]) -> Listed[Site]:
    """Return the account's sites."""
    return Listed(await accounts.sites(ask.services, ask.actor))


@endpoint("GET /account", permission="account.read", audited=())
async def get_account(ask: Ask[None]) -> dict[str, Any]:
    """Return the account; `storage` says how many bytes of files and exports there are, and may be."""
    return await _account(ask.services, ask.actor)


@endpoint("PATCH /account", permission="account.change", audited={"account.changed"})
async def change_account(ask: Ask[AccountChange]) -> dict[str, Any]:
    """Change `name`, the two rates, `grace_days`, `consent_days`, `ham_held`, and what exports give."""
    values = msgspec.structs.asdict(ask.body)
    given = {name: value for name, value in values.items() if value is not msgspec.UNSET}
    await accounts.change_account(ask.services, ask.actor, **given)
    return await _account(ask.services, ask.actor)


async def _account(services: Services, actor: Actor) -> dict[str, Any]:
    known, storage = await accounts.account(services, actor), await quotas.storage(services, actor)
    return asdict(known) | {"storage": storage}
