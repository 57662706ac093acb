"""
An agent's own passkeys: made, named, removed. Making and removing one ends the agent's other sessions, and is mailed to
them: if it was somebody else, they learn of it.
"""

from __future__ import annotations

from msgspec import Struct

from chat.agent_mail import actions as letters
from chat.core import texts
from chat.core.clock import stamp
from chat.core.errors import InvalidField, NotFound, NotNow
from chat.core.events import CredentialsRevoked, WorkDue
from chat.core.ids import uuid7
from chat.core.model import Actor
from chat.factors import store
from chat.factors.actions.factors import first_codes, own
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.passkeys import actions as ceremonies
from chat.passkeys import domain
from chat.passkeys import store as passkeys
from chat.passkeys.actions import ADDING, Ceremony
from chat.passkeys.domain import NewCredential, RelyingParty
from chat.team import store as agents
from chat.team.store import AgentRow

NAME = 100


class PasskeyView(Struct, frozen=True):
    """A passkey as its agent sees it: when it was made and last shown (RFC 3339), None where it never was."""

    id: str
    name: str
    created_at: str
    used_at: str | None


class MadePasskey(Struct, frozen=True):
    """A passkey that was made, and the recovery codes that came with it: none where there were some already."""

    passkey: PasskeyView
    recovery_codes: list[str]


async def list_own(services: Services, actor: Actor) -> list[PasskeyView]:
    """Return the actor's passkeys, oldest first."""

    def work(tx: Tx) -> list[PasskeyView]:
        row = agents.one(tx, actor.account_id, actor.agent_id)
        return [_view(services, row, each) for each in passkeys.of_agent(tx, row.id)]

    return await services.store.read(work)


async def begin(services: Services, actor: Actor, party: RelyingParty) -> Ceremony:
    """Begin to make one. Raises NotNow where the actor has as many as they may."""

    def work(tx: Tx) -> Ceremony:
        row = agents.one(tx, actor.account_id, actor.agent_id)
        has = ceremonies.held_keys(services, tx, row)
        _require_room(len(has))
        return ceremonies.begin_adding(services, row, has, actor.session_id, party)

    return await services.store.read(work)


async def add(
    services: Services, actor: Actor, party: RelyingParty, name: str, new: NewCredential, cookie: str
) -> MadePasskey:
    """
    Take a passkey that a browser made, by the `cookie` of its ceremony. Every other session of the actor ends.

    Raises InvalidField, naming `name` or `passkey`: it does not hold, or somebody has it already. NotNow where the
    actor has as many as they may.
    """
    named, key = _name(name), uuid7()

    def work(tx: Tx) -> MadePasskey:
        row = own(tx, services, actor)
        _require_room(len(passkeys.of_agent(tx, row.id)))
        challenge = ceremonies.use_challenge(services, tx, cookie, ADDING, actor.session_id)
        made = None if challenge is None else domain.made(party, challenge, new)
        if made is None:
            raise InvalidField("This passkey was not accepted; begin again", field="passkey")
        held, count = made
        if passkeys.is_known(tx, domain.credential_hash(held.id)):
            raise InvalidField("This passkey is somebody's already; make another", field="passkey")
        passkeys.add(tx, ceremonies.make(services, row, held, count, named, key=key))
        codes = first_codes(services, tx, row)
        _tell(services, tx, actor, row, key, named, made=True)
        view = PasskeyView(key, named, stamp(services.clock()), None)
        return MadePasskey(view, codes)

    stored = await services.store.write(work)
    services.bus.publish(CredentialsRevoked(actor.account_id, actor.agent_id), WorkDue())
    return stored


async def rename(services: Services, actor: Actor, passkey_id: str, name: str) -> PasskeyView:
    """Give one another name. Raises InvalidField, and NotFound where the actor has none such."""
    named = _name(name)

    def work(tx: Tx) -> PasskeyView:
        row = own(tx, services, actor)
        if not passkeys.rename(tx, row.id, passkey_id, ceremonies.seal_name(services, row, passkey_id, named)):
            raise NotFound("No such passkey")
        audit.record(services, tx, row.account_id, row.id, "factor.passkey_renamed", passkey_id)
        return next(_view(services, row, each) for each in passkeys.of_agent(tx, row.id) if each.id == passkey_id)

    return await services.store.write(work)


async def remove(services: Services, actor: Actor, passkey_id: str) -> None:
    """
    Remove one, and the recovery codes with the last second factor. Every other session of the actor ends. Raises
    NotFound where they have none such.
    """

    def work(tx: Tx) -> None:
        row = own(tx, services, actor)
        found = [each for each in passkeys.of_agent(tx, row.id) if each.id == passkey_id]
        name = ceremonies.name_of(services, row, found[0]) if found else "?"
        if not store.remove_passkey(tx, row.id, passkey_id):
            raise NotFound("No such passkey")
        _tell(services, tx, actor, row, passkey_id, name, made=False)

    await services.store.write(work)
    services.bus.publish(CredentialsRevoked(actor.account_id, actor.agent_id), WorkDue())


def _tell(services: Services, tx: Tx, actor: Actor, row: AgentRow, key: str, name: str, *, made: bool) -> None:
    """End the actor's other sessions, and let mail, audit log and ledger know what became of a passkey."""
    now = services.clock()
    agents.end_sessions(tx, row.id, but=actor.session_id)
    letters.queue(services, tx, row, "mail.passkey_added" if made else "mail.passkey_removed", name=name)
    did = "factor.passkey_added" if made else "factor.passkey_removed"
    audit.record(services, tx, row.account_id, row.id, did, key)
    said = {"agent": row.id, "passkey": key, "made": now if made else None, "has": store.is_set(tx, row.id)}
    services.ledger.enter(now, "passkey", said)


def _require_room(count: int) -> None:
    if count >= domain.MOST:
        raise NotNow(f"An agent has at most {domain.MOST} passkeys; remove one first")


def _name(value: str) -> str:
    name = texts.line(value)
    if not 0 < len(name) <= NAME:
        raise InvalidField(f"Give 1 to {NAME} characters", field="name")
    return name


def _view(services: Services, agent: AgentRow, row: passkeys.PasskeyRow) -> PasskeyView:
    used = None if row.used_at is None else stamp(row.used_at)
    return PasskeyView(row.id, ceremonies.name_of(services, agent, row), stamp(row.created_at), used)
