"""Providers as they are shown to who sets them up, and who signs in through them."""

from __future__ import annotations

import json

from msgspec import Struct

from chat.core import access
from chat.core.clock import stamp
from chat.core.model import Actor
from chat.identity_providers import store
from chat.identity_providers.store import ProviderRow
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team import store as team
from chat.team.actions import agents


class ProviderView(Struct, frozen=True):
    """
    A provider as it is shown, without its secret. `suspended` after a restore that went back before its last change,
    until it is saved again.
    """

    id: str
    name: str
    issuer: str
    client_id: str
    has_secret: bool
    domains: list[str]
    creates: bool
    enforced: bool
    default_role: str
    role_claim: str
    roles: dict[str, str]
    factors: list[str]
    suspended: bool
    created_at: str


class LinkedAgent(Struct, frozen=True):
    """An agent who signs in through a provider, since when."""

    agent_id: str
    name: str
    since: str


async def list_providers(services: Services, actor: Actor) -> list[ProviderView]:
    """Return the account's providers, oldest first."""
    access.require(actor, "provider.read")
    return [view(row) for row in await services.store.read(lambda tx: store.of_account(tx, actor.account_id))]


async def one(services: Services, actor: Actor, provider_id: str) -> ProviderView:
    """Return one. Raises NotFound."""
    access.require(actor, "provider.read")
    return view(await services.store.read(lambda tx: store.one(tx, actor.account_id, provider_id)))


async def linked(services: Services, actor: Actor, provider_id: str) -> list[LinkedAgent]:
    """Return who signs in through a provider, who did so first first. Raises NotFound."""
    access.require(actor, "provider.read")

    def work(tx: Tx) -> list[LinkedAgent]:
        row = store.one(tx, actor.account_id, provider_id)
        names = {each.id: agents.get_name(services, each) for each in team.of_account(tx, actor.account_id)}
        found = store.identities(tx, row.id)
        return [LinkedAgent(each.agent_id, names.get(each.agent_id, ""), stamp(each.created_at)) for each in found]

    return await services.store.read(work)


def view(row: ProviderRow) -> ProviderView:
    """Return what is shown of a row."""
    return ProviderView(
        id=row.id,
        name=row.name,
        issuer=row.issuer,
        client_id=row.client_id,
        has_secret=row.client_secret is not None,
        domains=row.domains.split(),
        creates=row.creates,
        enforced=row.enforced,
        default_role=row.default_role,
        role_claim=row.role_claim,
        roles=json.loads(row.roles),
        factors=row.factors.split(),
        suspended=row.suspended,
        created_at=stamp(row.created_at),
    )
