"""
Setting providers up: an owner alone, for who says who signs in may sign in as anybody, up to the owners themselves.

The ledger knows of each that was changed or removed. A restore brings back none that was removed, and suspends one that
was another since, until an owner has looked at it.
"""

from __future__ import annotations

import asyncio

from msgspec import UNSET, Struct
from msgspec.structs import asdict

from chat.core import access
from chat.core.errors import InvalidField, LetheError, NotFound, NotNow
from chat.core.events import CredentialsRevoked
from chat.core.ids import uuid7
from chat.core.model import Actor
from chat.core.outbound import AddressRefused
from chat.core.versions import ANY, Precondition
from chat.identity_providers import store
from chat.identity_providers.actions import asking
from chat.identity_providers.actions.settings import NewProvider, ProviderChange, checked, checked_issuer
from chat.identity_providers.actions.views import ProviderView, view
from chat.identity_providers.domain.people import domain_of
from chat.identity_providers.domain.refusals import ProviderSignInRefused
from chat.identity_providers.store import ProviderRow
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team import store as team
from chat.team.actions import agents
from chat.team.domain import OWNER

EACH = 20
"""So many providers an account may have."""


class ProviderTest(Struct, frozen=True):
    """What a provider says of itself, and how many keys it has that are taken."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    keys: int


async def add(services: Services, actor: Actor, wanted: NewProvider) -> tuple[ProviderView, bool]:
    """
    Set a provider up, and return whether it is new: asked for again with the same id, it is not. Raises InvalidField,
    NotNow where there are too many.
    """
    access.require(actor, "provider.change")
    given = asdict(wanted)
    issuer = checked_issuer(given.pop("issuer"))
    await _require_callable(services, issuer)
    provider_id = given.pop("id") or uuid7()
    stored = checked(given)
    slot = await asyncio.to_thread(services.keys.create, provider_id)
    row = {"id": provider_id, "account_id": actor.account_id, "key_slot": slot, "issuer": issuer, "suspended": False}
    sealed = _sealed(services, slot, provider_id, stored.pop("client_secret"))
    row |= stored | {"client_secret": sealed, "created_at": services.clock()}

    def work(tx: Tx) -> tuple[ProviderRow, bool, list[str]]:
        known = {each.id for each in store.of_account(tx, actor.account_id)}
        if provider_id not in known and len(known) >= EACH:
            raise NotNow(f"An account has at most {EACH} identity providers; remove one that is not needed")
        new = store.add(tx, row)
        found = _taken(tx, actor, provider_id)
        ended = _end_sessions(services, tx, found) if new else []
        if new:
            audit.record(services, tx, actor.account_id, actor.agent_id, "provider.added", provider_id)
        return found, new, ended

    try:
        found, new, ended = await services.store.write(work)
    except LetheError:
        await asyncio.to_thread(services.keys.destroy, slot, provider_id)
        raise
    if not new:
        await asyncio.to_thread(services.keys.destroy, slot, provider_id)
    _tell(services, actor, ended)
    return view(found), new


async def change(
    services: Services, actor: Actor, provider_id: str, wanted: ProviderChange, expected: Precondition = ANY
) -> ProviderView:
    """
    Change a provider; one that was suspended is good again. Where it is enforced from now on, the agents of its domains
    are signed out. Raises InvalidField, NotFound, ChangedMeanwhile.
    """
    access.require(actor, "provider.change")
    given = {name: value for name, value in asdict(wanted).items() if value is not UNSET}

    def work(tx: Tx) -> tuple[ProviderRow, list[str]]:
        row = store.one(tx, actor.account_id, provider_id, lock=True)
        expected.require(view(row))
        values = checked(given)
        if "client_secret" in values:
            values["client_secret"] = _sealed(services, row.key_slot, row.id, values["client_secret"])
        store.change(tx, row, **values, suspended=False)
        found = store.one(tx, actor.account_id, provider_id)
        ended = _end_sessions(services, tx, found, row)
        audit.record(services, tx, actor.account_id, actor.agent_id, "provider.changed", provider_id)
        services.ledger.enter(services.clock(), "provider", {"provider": provider_id, "gone": False})
        return found, ended

    found, ended = await services.store.write(work)
    _tell(services, actor, ended)
    return view(found)


async def remove(services: Services, actor: Actor, provider_id: str) -> None:
    """
    Remove a provider, its secret and who is who there. Sessions that began through it go on; agents sign in by password
    again, or get a link to set one. Raises NotFound.
    """
    access.require(actor, "provider.change")

    def work(tx: Tx) -> int:
        row = store.one(tx, actor.account_id, provider_id, lock=True)
        store.drop(tx, provider_id)
        audit.record(services, tx, actor.account_id, actor.agent_id, "provider.removed", provider_id)
        services.ledger.enter(services.clock(), "provider", {"provider": provider_id, "gone": True})
        return int(row.key_slot)

    slot = await services.store.write(work)
    await asyncio.to_thread(services.keys.destroy, slot, provider_id)


async def unlink(services: Services, actor: Actor, provider_id: str, agent_id: str) -> None:
    """
    Part an agent from who they are at a provider, and sign them out: the next who comes with their verified address is
    they. Raises NotFound.
    """
    access.require(actor, "provider.change")

    def work(tx: Tx) -> None:
        row, of = store.one(tx, actor.account_id, provider_id), team.one(tx, actor.account_id, agent_id, lock=True)
        if not store.unlink(tx, row.id, of.id):
            raise NotFound("This agent does not sign in through this provider")
        team.end_sessions(tx, of.id)
        audit.record(services, tx, actor.account_id, actor.agent_id, "provider.unlinked", f"{provider_id}/{agent_id}")
        services.ledger.enter(services.clock(), "unlink", {"provider": provider_id, "agent": agent_id})

    await services.store.write(work)
    services.bus.publish(CredentialsRevoked(actor.account_id, agent_id))


async def test(services: Services, actor: Actor, provider_id: str) -> ProviderTest:
    """Ask a provider what it says of itself, and for its keys. Raises NotFound, and InvalidField for what is wrong."""
    access.require(actor, "provider.change")
    row = await services.store.read(lambda tx: store.one(tx, actor.account_id, provider_id))
    try:
        known = await asking.discover(services, row.issuer, anew=True)
        found = await asking.keys(services, known)
    except ProviderSignInRefused as error:
        raise InvalidField(error.detail, field="issuer", why=error.why) from None
    said = known.metadata
    endpoints = said.authorization_endpoint, said.token_endpoint, said.jwks_uri
    return ProviderTest(said.issuer, *endpoints, keys=len(found.keys))


async def _require_callable(services: Services, issuer: str) -> None:
    try:
        await services.outbound.check(issuer)
    except AddressRefused as error:
        raise InvalidField(error.detail, field="issuer", why=error.why) from None


def _sealed(services: Services, slot: int, provider_id: str, client_secret: str) -> bytes | None:
    return services.seal(slot, provider_id, "client_secret", client_secret) if client_secret else None


def _taken(tx: Tx, actor: Actor, provider_id: str) -> ProviderRow:
    try:
        return store.one(tx, actor.account_id, provider_id)
    except NotFound:
        raise InvalidField("This id is taken; make another", field="id") from None


def _end_sessions(services: Services, tx: Tx, row: ProviderRow, before: ProviderRow | None = None) -> list[str]:
    """End the sessions of those who sign in through a provider alone, and did not `before`. Return whose ended."""
    concerned = {*row.domains.split()} if row.enforced else set()
    if before is not None and before.enforced:
        concerned -= {*before.domains.split()}
    found = [each for each in team.of_account(tx, row.account_id) if concerned and each.role != OWNER]
    mine = [each for each in found if domain_of(agents.agent_of(services, each).email) in concerned]
    return [str(each.id) for each in mine if team.end_sessions(tx, each.id)]


def _tell(services: Services, actor: Actor, ended: list[str]) -> None:
    services.bus.publish(*(CredentialsRevoked(actor.account_id, each) for each in ended))
