"""
Taking two contacts for one person. It cannot be undone: agents then erase, hold, export and see both as one.

Each keeps its own key, receipts, consent, tickets and token. So what was agreed to is never widened, a visitor goes on
with what is theirs and sees nothing of the other, and an erasure destroys both keys. Nothing is sealed anew, so it is
one short transaction.
"""

from __future__ import annotations

from chat.contacts.store import contacts, holds, persons
from chat.core import access
from chat.core.errors import BeingErased, InvalidField, NotFound, NotNow
from chat.core.events import ContactChanged, TicketChanged, TicketGone
from chat.core.ids import uuid7
from chat.core.model import Actor, Contact, Ticket
from chat.core.versions import ANY, Precondition
from chat.customers.actions import identities
from chat.erasure.store import erasures, holding
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.profiles.actions import profiles
from chat.profiles.domain import ContactQuery
from chat.tickets.store import tickets

MOST = 20
"""So many with one address are shown to choose from."""


async def merge(services: Services, actor: Actor, uid: str, other: str, expected: Precondition = ANY) -> str:
    """
    Show another contact as a part of this one, with all that are one person with either, and return the id as which
    they are shown. Two that are one person already stay so.

    Raises InvalidField for a contact and itself, NotFound unless the actor sees both, BeingErased where one has
    withdrawn, NotNow where both are under legal holds that differ, and ChangedMeanwhile.
    """
    access.require(actor, "contact.merge")
    access.require(actor, "contact.read")
    if uid == other:
        raise InvalidField("Name another contact, not the same one", field="other")

    def work(tx: Tx) -> tuple[str, list[Contact], list[Ticket], bool]:
        persons.lock(tx, actor.account_id)
        first, second = _person(tx, actor, uid), _person(tx, actor, other)
        expected.require(profiles.shown(services, first[0], identities.external_ids(services, tx, first[:1])))
        if first[0].uid == second[0].uid:
            return first[0].uid, first, [], False
        held = _hold_both(services, tx, actor, first, second)
        now = services.clock()
        persons.join(tx, first[0], second, now)
        for each in second:
            audit.record(services, tx, actor.account_id, actor.agent_id, "contact.merged", each.uid, first[0].uid)
        services.record(tx, *(ContactChanged(actor.account_id, each.uid) for each in (*first, *second)))
        for each in second:
            services.ledger.enter(now, "merge", {"contact": each.uid, "person": first[0].uid})
        both = [*first, *second]
        return first[0].uid, both, [t for each in both for t in tickets.all_of_contact(tx, each.id)], held

    person, both, theirs, held = await services.store.write(work)
    changed = [TicketGone(each.ref) if held else TicketChanged(each.ref) for each in theirs]
    services.bus.publish(*(ContactChanged(actor.account_id, each.uid) for each in both), *changed)
    return person


def _person(tx: Tx, actor: Actor, uid: str) -> list[Contact]:
    """Return all contacts that are one person with this one, locked. Raises NotFound and BeingErased."""
    known = contacts.of_account(tx, actor.account_id, uid)
    ids = [each.id for each in persons.whole(tx, known)]
    # Who may not see who is held meets nobody, as everywhere.
    unseen = holds.until(tx, ids) and not access.can(actor, "hold.change")
    if unseen or not tickets.contacts_seen(tx, ids, actor.departments):
        raise NotFound("No such contact")
    theirs = persons.whole(tx, known, locked=True)
    if any(each.receipt_id is None or erasures.of_contact(tx, each.uid) for each in theirs):
        raise BeingErased("One of them has withdrawn and is being erased; nobody is merged with them")
    return theirs


def _hold_both(services: Services, tx: Tx, actor: Actor, first: list[Contact], second: list[Contact]) -> bool:
    """
    Put the hold that one of two persons is under on the other as well, and return whether there is one. Raises NotNow
    where each is under one of their own.
    """
    until = [holds.until(tx, [each.id for each in theirs]) for theirs in (first, second)]
    if all(until):
        raise NotNow("Both are under a legal hold, each for a reason of its own: lift one of them first")
    if not any(until):
        return False
    source, targets = (first, second) if until[0] else (second, first)
    kept = holds.of_contact(tx, source[0].id)
    if kept is None:
        raise NotNow("The legal hold ends just now; try again")
    reason = services.unseal(source[0].key_slot, source[0].uid, "hold", kept.reason) or ""
    made = {"agent_id": kept.agent_id, "placed_at": kept.placed_at, "expires_at": kept.expires_at}
    for each in targets:
        sealed = services.seal(each.key_slot, each.uid, "hold", reason)
        holding.place_hold(tx, each.id, made | {"id": uuid7(), "reason": sealed})
    for each in targets:
        audit.record(services, tx, actor.account_id, actor.agent_id, "hold.placed", each.uid, each.uid)
    for each in targets:
        services.ledger.enter(
            services.clock(), "hold", {"contact": each.uid, "agent": kept.agent_id, "until": kept.expires_at}
        )
    return True


async def candidates(services: Services, actor: Actor, uid: str, other: str) -> list[profiles.ContactProfile]:
    """
    Return who may be the same person as a contact: those with an address, or with an id. Raises InvalidField where
    there is nobody else, and NotFound.
    """
    access.require(actor, "contact.merge")
    this = await profiles.one(services, actor, uid)
    ids = [other]
    if "@" in other:
        ids = [each.id for each in (await profiles.page(services, actor, ContactQuery(email=other), 0, MOST))[0]]
    found = [await profiles.one(services, actor, each) for each in ids if each not in {this.id, *this.merged}]
    if not found:
        raise InvalidField("Nobody else has this address or id", field="other")
    return found
