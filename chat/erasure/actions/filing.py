"""
Filing an erasure, with the withdrawal in the same transaction: from its commit on nothing of the contact is taken.

Contacts that agents take for one person are erased together by whoever acts for the account. What a visitor asks for by
their own token or mailed link is about what that shows to be theirs, and no further: an agent who merged too much must
not let anybody erase somebody else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from chat.account import store as accounts
from chat.consent import store as consents
from chat.consent.actions import consent
from chat.contacts.store import contacts, persons
from chat.core.clock import DAY
from chat.core.deliveries import Delivery, Rendered
from chat.core.errors import NotFound
from chat.core.events import ContactGone, ErasureChanged, TicketGone, WorkDue
from chat.core.ids import uuid7
from chat.core.model import Contact, Ticket
from chat.erasure.actions.views import frame
from chat.erasure.domain.settings import GRACE_DAYS
from chat.erasure.store import asks as asked
from chat.erasure.store import erasures
from chat.erasure.store.erasures import Erasure
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.spam_filter.actions import training
from chat.tickets.store import tickets

Still = Callable[[Tx, Contact], bool]


@dataclass(frozen=True, slots=True)
class Asker:
    """By what way it is asked for and by `who`, as the audit log names them; `confirmed` is what an agent had asked."""

    source: str
    who: str
    confirmed: str = ""


async def request(
    services: Services,
    contact_uid: str,
    account_id: str | None,
    by: Asker,
    still: Still = lambda *_: True,
    *,
    whole: bool = False,
) -> str:
    """
    File a request, `account_id` None for the contact's own word, and return its id. With `whole` it is for all contacts
    that are one person with this one, else this one stands for itself again. Raises NotFound where there is none such.
    """

    def work(tx: Tx) -> tuple[Erasure, list[Contact], list[Ticket]]:
        theirs = _lock(tx, contact_uid)
        if not theirs:
            return _asked_before(tx, contact_uid, account_id), [], []
        contact = next(each for each in theirs if each.uid == contact_uid)
        # The same answer as for nobody: else ids of other accounts' contacts could be tried.
        if account_id not in {None, contact.account_id} or not still(tx, contact):
            raise NotFound("No such contact")
        if not whole:
            persons.part(tx, contact, services.clock())
            theirs = [contact]
        gone = [ticket for each in theirs for ticket in tickets.all_of_contact(tx, each.id)]
        _file(services, tx, theirs, by, contact_uid)
        return _asked_before(tx, contact_uid, account_id), theirs, gone

    filed, theirs, gone = await services.store.write(work)
    for each in theirs:
        await training.relearn_contact(services, each.account_id, each.id)
        services.bus.publish(ContactGone(each.account_id, each.id))
    if theirs:
        services.bus.publish(news(filed), *(TicketGone(each.ref) for each in gone), WorkDue())
    return filed.id


def news(found: Erasure) -> Delivery[ErasureChanged]:
    """Return what agents' pages are told of a request."""
    return Delivery(ErasureChanged(found.account_id, found.id), Rendered(agents=[frame(found)]))


def _lock(tx: Tx, contact_uid: str) -> list[Contact]:
    """
    Return the contacts that are one person with this one, or none where it is not there, locked: so that two who ask at
    once file one request, and a hold or an agreement comes before or after, not between.
    """
    try:
        known = contacts.by_uid(tx, contact_uid)
    except NotFound:
        return []
    persons.lock(tx, known.account_id)
    theirs = persons.whole(tx, known, locked=True)
    return theirs if contact_uid in {each.uid for each in theirs} else []


def _file(services: Services, tx: Tx, theirs: list[Contact], by: Asker, named: str) -> None:
    """File the requests of one person's contacts, one of them `named`, with their withdrawals."""
    person, rows = theirs[0].uid if len(theirs) > 1 else None, []
    for each in theirs:
        consent.record_withdrawal(services, tx, each)
        # After the withdrawal, whose receipt the row has to count and hash as well.
        made = _row(services, tx, each, by.source) | {"person": person}
        rows.append(made | {"id": erasures.request(tx, made)})
        asked.drop(tx, each.id)
    if by.confirmed:
        audit.record(services, tx, theirs[0].account_id, by.who, "erasure.confirmed", by.confirmed, named)
    for each, row in zip(theirs, rows, strict=True):
        # As it was read, before the withdrawal: who had not agreed any more has not withdrawn now.
        if each.receipt_id is not None:
            audit.record(services, tx, each.account_id, by.who, "consent.withdrawn", each.uid, each.uid)
        audit.record(services, tx, each.account_id, by.who, "erasure.requested", row["id"], each.uid)
        services.record(tx, ContactGone(each.account_id, each.id))
    for row in rows:
        # Last, and before the commit: an erasure that cannot be put on record beside the keys must not be promised.
        # A line without its commit does no harm, a commit without its line brings somebody back with a restore.
        services.ledger.enter(services.clock(), "erase", row)


def _asked_before(tx: Tx, contact_uid: str, account_id: str | None) -> Erasure:
    known = erasures.of_contact(tx, contact_uid)
    if known is None or account_id not in {None, known.account_id}:
        raise NotFound("No such contact")
    return known


def _row(services: Services, tx: Tx, contact: Contact, source: str) -> dict[str, Any]:
    """Return the row of a new request. It keeps of the receipts their number and a hash that proves them."""
    ledger, now = consents.receipts(tx, contact.id), services.clock()
    # A visitor's withdrawal may wait for the account's grace; whoever else asks has thought about it.
    grace = accounts.one(tx, contact.account_id)[GRACE_DAYS] * DAY if source == "visitor" else 0
    return {
        "id": uuid7(),
        "account_id": contact.account_id,
        "contact_uid": contact.uid,
        "contact_id": contact.id,
        "key_slot": contact.key_slot,
        "source": source,
        "requested_at": now,
        "due_at": now + grace,
        "receipts": len(ledger),
        "begun": contact.begun,
        "proof": sha256("\n".join(each.signature for each in ledger).encode()).hexdigest(),
    }
