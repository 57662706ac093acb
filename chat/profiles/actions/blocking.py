"""Blocking a contact for some days: what they write is quarantined, by their row and not by an address or a network."""

from __future__ import annotations

from msgspec import Struct

from chat.contacts.store import contacts
from chat.core import access
from chat.core.clock import stamp
from chat.core.errors import InvalidField
from chat.core.events import ContactChanged
from chat.core.model import Actor
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.profiles.actions import profiles

DAY, DAYS_MOST = 86_400_000, 365


class Blocked(Struct, frozen=True):
    """Until when a contact is blocked, RFC 3339; null where they are not."""

    blocked_until: str | None


async def block(services: Services, actor: Actor, uid: str, days: int) -> Blocked:
    """
    Quarantine all that a contact, and who is the same person, writes for so many days. It ends by itself. Raises
    NotFound and InvalidField.
    """
    access.require(actor, "contact.block")
    if not 1 <= days <= DAYS_MOST:
        raise InvalidField(f"Give 1 to {DAYS_MOST} days", field="days")
    return await _set(services, actor, uid, services.clock() + days * DAY)


async def unblock(services: Services, actor: Actor, uid: str) -> Blocked:
    """End it. Who is not blocked stays so."""
    access.require(actor, "contact.block")
    return await _set(services, actor, uid, None)


async def _set(services: Services, actor: Actor, uid: str, until: int | None) -> Blocked:
    def work(tx: Tx) -> str:
        theirs = profiles.seen_by(tx, actor, uid)
        for each in theirs:
            contacts.change(tx, each.id, blocked_until=until)
        action = "contact.unblocked" if until is None else "contact.blocked"
        audit.record(services, tx, actor.account_id, actor.agent_id, action, theirs[0].uid, theirs[0].uid)
        return theirs[0].uid

    person = await services.store.write(work)
    services.bus.publish(ContactChanged(actor.account_id, person))
    return Blocked(None if until is None else stamp(until))
