"""The account and its sites over REST."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from msgspec import Struct

from chat.account.actions import accounts, quotas
from chat.core.account_settings import Setting
from chat.core.model import Actor, Site
from chat.infra.services import Services
from chat.web.endpoint import Ask, endpoint
from chat.web.lists import Listed


@cache
def change_of(settings: tuple[Setting[Any], ...]) -> type[Struct]:
    """Return the body that changes an account: each setting may be left out."""
    kinds: list[tuple[str, type]] = [("name", str), *((each.name, each.kind) for each in settings)]
    fields = [(name, kind | msgspec.UnsetType, msgspec.UNSET) for name, kind in kinds]
    doc = {"__doc__": "What of an account is to be changed."}
    return msgspec.defstruct(
        "AccountChange", fields, namespace=doc, module=__name__, frozen=True, forbid_unknown_fields=True
    )


@endpoint("GET /sites", permission="site.read", audited=())
async def list_sites(ask: Ask[None]) -> Listed[Site]:
    """Return the account's sites."""
    return Listed(await accounts.sites(ask.services, ask.actor))


@endpoint("GET /account", permission="account.read", audited=())
async def get_account(ask: Ask[None]) -> dict[str, object]:
    """Return the account. `storage` says how many bytes of files and exports there are, and may be."""
    return await _account(ask.services, ask.actor)


@endpoint("PATCH /account", permission="account.change", audited={"account.changed"}, body=change_of)
async def change_account(ask: Ask[Struct]) -> dict[str, object]:
    """Change `name`, and the settings that features have."""
    values = msgspec.structs.asdict(ask.body)
    given = {name: value for name, value in values.items() if value is not msgspec.UNSET}
    await accounts.change_account(ask.services, ask.actor, **given)
    return await _account(ask.services, ask.actor)


async def _account(services: Services, actor: Actor) -> dict[str, object]:
    known, storage = await accounts.account(services, actor), await quotas.storage(services, actor)
    named = {"id": known.id, "name": known.name, "notice_version": known.notice_version}
    return {**named, **known.settings, "storage": storage}
