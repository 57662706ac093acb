"""Legal holds: what must not be erased though it was asked for, or would be due (Art. 17(3)(e), 18 GDPR)."""

from __future__ import annotations

import contextlib

from msgspec import Struct

from chat.contacts.store import contacts, holds, persons
from chat.core import access
from chat.core.addresses import address
from chat.core.clock import DAY, stamp
from chat.core.errors import BeingErased, InvalidField, NotFound
from chat.core.events import TicketChanged, TicketGone, WorkDue
from chat.core.ids import uuid7
from chat.core.model import Actor, Contact, Ticket
from chat.core.texts import seen
from chat.erasure.store import holding
from chat.infra.audit import audit
from chat.infra.gathered import Entered
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.tickets.store import tickets

DAYS_MOST = 3650
REASON = 500


class PlacedHold(Struct, frozen=True):
    """A hold that was placed: of which contact, and when it ends (RFC 3339)."""

    contact_id: str
    held_until: str


class HoldView(Struct, frozen=True):
    """A hold as managers see it, with its reason. `placed_by` is an agent's id, times are RFC 3339."""

    contact_id: str
    reason: str | None
    placed_by: str
    placed_at: str
    held_until: str


async def place_hold(services: Services, actor: Actor, contact_uid: str, reason: str, days: int) -> PlacedHold:
    """
    Hold a contact for some days: no erasure begins, and agents see neither ticket nor contact. Owner or admin.

    Raises BeingErased where an erasure has begun.
    """
    access.require(actor, "hold.change")
    if not seen(reason) or len(reason.strip()) > REASON:
        raise InvalidField(f"Give the reason in 1 to {REASON} characters", field="reason")
    if not 0 < days <= DAYS_MOST:
        raise InvalidField(f"Give 1 to {DAYS_MOST} days", field="days")
    now = services.clock()
    ends = now + days * DAY
    made = {"agent_id": actor.agent_id, "placed_at": now, "expires_at": ends}

    def work(tx: Tx) -> list[Ticket]:
        theirs = _person(tx, actor, contact_uid)
        for each in theirs:
            sealed = services.seal(each.key_slot, each.uid, "hold", reason.strip())
            holding.place_hold(tx, each.id, made | {"id": uuid7(), "reason": sealed})
        for each in theirs:
            audit.record(services, tx, actor.account_id, actor.agent_id, "hold.placed", each.uid, each.uid)
        for each in theirs:
            # Without the reason: the ledger outlives the contact's key, and may hold nothing personal in the clear.
            services.ledger.enter(now, "hold", {"contact": each.uid, "agent": actor.agent_id, "until": ends})
        return [ticket for each in theirs for ticket in tickets.all_of_contact(tx, each.id)]

    services.bus.publish(*(TicketGone(each.ref) for each in await services.store.write(work)))
    return PlacedHold(contact_uid, stamp(ends))


def _person(tx: Tx, actor: Actor, contact_uid: str) -> list[Contact]:
    """Return all contacts that are one person with this one: a hold is on all of them, or none. Raises NotFound."""
    persons.lock(tx, actor.account_id)
    return persons.whole(tx, contacts.of_account(tx, actor.account_id, contact_uid))


async def find_contacts(services: Services, actor: Actor, whom: str) -> list[str]:
    """Return the ids of the contacts of the account with an address, or with an id. Raises InvalidField."""
    access.require(actor, "hold.change")
    found_by = services.found_by(actor.account_id, whom)

    def work(tx: Tx) -> list[str]:
        if "@" in whom:
            return [each.uid for each in contacts.page(tx, actor.account_id, found_by, 0, None)]
        return [contacts.of_account(tx, actor.account_id, whom.strip()).uid]

    try:
        found = await services.store.read(work)
    except NotFound:
        found = []
    if not found:
        if "@" in whom:
            # Looked for first and judged afterwards: an address that is refused today may have been taken by an older
            # Lethe.
            address(whom, "whom")
        raise InvalidField("No contact has this address or id", field="whom")
    return found


async def lift(services: Services, actor: Actor, contact_uid: str) -> None:
    """End a hold before its time: an erasure that waited for it goes on. Owner or admin."""
    access.require(actor, "hold.change")

    def work(tx: Tx) -> list[Ticket]:
        theirs = _person(tx, actor, contact_uid)
        held = holds.until(tx, [each.id for each in theirs])
        # Where none is held the first is asked for, which says so.
        for each in [each for each in theirs if each.id in held] or theirs[:1]:
            holds.lift(tx, each.id)
        for each in theirs:
            audit.record(services, tx, actor.account_id, actor.agent_id, "hold.lifted", each.uid, each.uid)
        for each in theirs:
            services.ledger.enter(services.clock(), "lift", {"contact": each.uid})
        return [ticket for each in theirs for ticket in tickets.all_of_contact(tx, each.id)]

    services.bus.publish(*(TicketChanged(each.ref) for each in await services.store.write(work)), WorkDue())


async def page(services: Services, actor: Actor) -> list[HoldView]:
    """Return the account's holds with their reasons, the first to end first. Owner or admin."""
    access.require(actor, "hold.read")
    found = await services.store.read(lambda tx: holds.of_account(tx, actor.account_id))
    await audit.record_view(services, actor, "holds.viewed")
    return [
        HoldView(
            contact_id=uid,
            reason=services.unseal(slot, uid, "hold", each.reason),
            placed_by=each.agent_id,
            placed_at=stamp(each.placed_at),
            held_until=stamp(each.expires_at),
        )
        for each, uid, slot in found
    ]


async def place_again(services: Services, what: Entered) -> None:
    """Hold the contact again: what a claim needs must not go because a database was lost. The reason is lost."""

    def work(tx: Tx) -> None:
        contact = contacts.find(tx, what["contact"])
        if contact is None:
            return
        with contextlib.suppress(BeingErased, NotFound):
            reason = services.seal(
                contact.key_slot, contact.uid, "hold", "Placed before a restore, which lost the reason"
            )
            made = {"id": uuid7(), "reason": reason, "agent_id": what["agent"]}
            holding.place_hold(tx, contact.id, made | {"placed_at": services.clock(), "expires_at": what["until"]})

    await services.store.write(work)


async def lift_again(services: Services, what: Entered) -> None:
    """Lift a contact's hold again."""

    def work(tx: Tx) -> None:
        contact = contacts.find(tx, what["contact"])
        if contact is not None:
            with contextlib.suppress(NotFound):
                holds.lift(tx, contact.id)

    await services.store.write(work)
