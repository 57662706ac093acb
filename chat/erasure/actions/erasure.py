"""
Forgetting a contact: a request that is answered at once, and the sweep that carries it out and may be killed
anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import structlog
from msgspec.structs import asdict

from chat.account import store as accounts
from chat.consent import store as consents
from chat.consent.actions import consent
from chat.contacts.store import contacts
from chat.core import access
from chat.core.addresses import address
from chat.core.clock import DAY
from chat.core.deliveries import Delivery, Rendered
from chat.core.errors import LetheError, NotFound, Unauthorized, Unavailable
from chat.core.events import ContactGone, ErasureChanged, KeyDestroyed, TicketGone, WorkDue
from chat.core.ids import uuid7
from chat.core.model import Actor, Contact, Ticket
from chat.core.tokens import Visitor
from chat.erasure.actions import certificates, forgetting, recipients
from chat.erasure.actions.lapsing import lapse
from chat.erasure.actions.views import CertifiedErasure, erasure_view, frame
from chat.erasure.domain.settings import GRACE_DAYS
from chat.erasure.store import erasures
from chat.erasure.store import recipients as recipient_rows
from chat.erasure.store.erasures import Erasure
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store import server
from chat.infra.store.tx import Tx
from chat.spam_filter.actions import training
from chat.tickets.store import tickets

log = structlog.get_logger("chat.erasure")
# Twelve rounds of this sweep, so that a server hears of a command's erasure even where it was busy for some of them.
ECHO = 60_000
QUIET = 120_000
"""So many ms after the last message nobody is taken to be writing."""
Still = Callable[[Tx, Contact], bool]


async def by_visitor(services: Services, visitor: Visitor) -> str:
    """Withdraw the visitor's consent and file the erasure, and return its id. Twice gives the same id."""
    try:
        return await _request(services, visitor.contact, None, "visitor", "visitor")
    except NotFound:
        raise Unauthorized("This visitor is not known") from None


async def by_agent(services: Services, actor: Actor, contact_uid: str) -> str:
    """File the erasure of a contact of the actor's account, and return its id. Twice gives the same id."""
    access.require(actor, "erasure.ask")
    return await _request(services, contact_uid, actor.account_id, _source(actor), actor.agent_id)


async def by_retention(services: Services, contact_uid: str, still: Still) -> bool:
    """
    File the erasure of a contact who is over the account's days, and return whether it was. `still` says in the
    request's own transaction whether the contact is: somebody may have written meanwhile.
    """
    try:
        await _request(services, contact_uid, None, "retention", "system", still)
    except NotFound:
        return False
    return True


async def by_link(services: Services, contact: Contact, *, at_once: bool) -> str:
    """Withdraw the consent of a contact whose mailbox proved who asks, and file the erasure, and return its id."""
    return await _request(services, contact.uid, contact.account_id, "link" if at_once else "visitor", "visitor")


async def by_email(services: Services, actor: Actor | None, email: str) -> list[str]:
    """
    File the erasure of every contact with an address, in the actor's account or (None) in all, and return the ids.

    NotFound where nobody has the address, InvalidField where it is none.
    """
    if actor is not None:
        access.require(actor, "erasure.ask")

    def work(tx: Tx) -> list[Contact]:
        of = [account.id for account in accounts.all_of(tx)] if actor is None else [actor.account_id]
        return [
            each for account in of for each in contacts.page(tx, account, services.email_hash(account, email), 0, None)
        ]

    found = await services.store.read(work)
    if not found:
        address(email)  # one that is not good may have been taken by an older Lethe, so it was looked for first
        raise NotFound("No contact has this address")
    who = "command" if actor is None else actor.agent_id
    return [await _request(services, each.uid, each.account_id, _source(actor), who) for each in found]


async def now(services: Services, email: str) -> list[CertifiedErasure]:
    """Erase every contact with an address in all accounts, now, and return each request with its certificate."""
    ids = await by_email(services, None, email)
    await sweep(services)
    found = await services.store.read(lambda tx: [erasures.by_id(tx, each) for each in ids])
    return [CertifiedErasure(**asdict(erasure_view(each)), certificate=certificates.signed(each)) for each in found]


async def sweep(services: Services) -> int:
    """
    Carry out every request that is due, and return how many were finished. One that fails does not stop the others.
    """
    await _echo(services)
    # Before the due ones are read: an erasure that waited for a hold which is over goes on in this very round.
    await lapse(services)
    due = await services.store.read(lambda tx: erasures.due(tx, services.clock()))
    gone = [each for each in due if await _carry_out(services, each)]
    if not gone:
        return 0
    # Before the certificates, which say when each recipient was told.
    await recipients.sweep(services)
    # Once for all of them: on SQLite writing the database anew holds the one writer from beginning to end.
    scrubbed = services.clock() if await services.store.scrub(small=True) else None
    return sum([await _certify(services, each, scrubbed) for each in gone])


async def scrub(services: Services) -> int:
    """
    Once a day write the database anew, so that nothing deleted stays in its free pages, and return 1 where it did. Who
    writes meanwhile waits, so from half a day on it takes the first moment in which nobody does.
    """
    now = services.clock()
    done, said = await services.store.read(lambda tx: (server.scrubbed_at(tx), tickets.last_change(tx)))
    due = now - done >= DAY or (now - done >= DAY // 2 and now - said >= QUIET)
    if not due or not await services.store.scrub(small=False):
        return 0
    # The time before it began: a row that was deleted while it ran may still be in the file.
    await services.store.write(lambda tx: server.record_scrub(tx, now))
    return 1


async def _carry_out(services: Services, each: Erasure) -> bool:
    try:
        if not await services.store.write(lambda tx: erasures.begin(tx, each)):
            return False
        # While the contact's key still opens the addresses: the next line destroys it.
        await recipients.file(services, each)
        await forgetting.forget(services, each)
    except Unavailable:
        # It stays `running`: something came meanwhile, and the next round finds and takes it.
        log.warning("erasure put off", erasure=each.id)
        return False
    except LetheError as error:
        log.error("erasure failed", erasure=each.id, code=error.code)  # noqa: TRY400 - the detail may name a path
        await services.store.write(lambda tx: erasures.set_state(tx, each.id, "failed"))
        return False
    # Windows forget at once. The certificate may wait for the scrub.
    _tell(services, each)
    return True


async def _certify(services: Services, each: Erasure, scrubbed: int | None) -> bool:
    backups = await certificates.backups(services, each)

    def work(tx: Tx) -> Erasure | None:
        account = accounts.one(tx, each.account_id)
        notified = recipient_rows.recipients(tx, each.id)
        document, signature = certificates.sign(
            services, account, each, erasures.list_outcomes(tx, each.id), notified, scrubbed, backups
        )
        # Two processes may carry out the same request. One certificate counts, and there is one entry in the log.
        if not erasures.close(tx, each.id, services.clock(), document, signature):
            return None
        audit.record(services, tx, each.account_id, "system", "contact.erased", each.id, each.contact_uid)
        return erasures.by_id(tx, each.id)

    closed = await services.store.write(work)
    if closed is not None:
        services.bus.publish(_news(closed))
    return closed is not None


async def _echo(services: Services) -> None:
    """Say again what was erased lately: perhaps by a command in another process, whose word did not come here."""
    for each in await services.store.read(lambda tx: erasures.done_since(tx, services.clock() - ECHO)):
        _tell(services, each)
        services.bus.publish(_news(each))


def _news(found: Erasure) -> Delivery[ErasureChanged]:
    return Delivery(ErasureChanged(found.account_id, found.id), Rendered(agents=[frame(found)]))


def _tell(services: Services, each: Erasure) -> None:
    # The erasure may have been another process': then this one still has the opened key in memory.
    services.keys.drop(each.key_slot, each.contact_uid)
    services.bus.publish(ContactGone(each.account_id, each.contact_id), KeyDestroyed(each.key_slot, each.contact_uid))


def _source(actor: Actor | None) -> str:
    return "command" if actor is None else "agent" if actor.session_id else "api"


async def _request(
    services: Services, contact_uid: str, account_id: str | None, source: str, who: str, still: Still = lambda *_: True
) -> str:
    """
    File a request of `who`, `account_id` None for the contact's own word. Raises NotFound where there is no such
    contact.
    """

    def work(tx: Tx) -> tuple[Erasure, Contact | None, list[Ticket]]:
        try:
            # Locked, so that two who ask at once file one request, and a hold or an agreement comes before or after,
            # not between.
            contact = contacts.by_uid(tx, contact_uid, lock=True)
        except NotFound:
            return _asked_before(tx, contact_uid, account_id), None, []
        # The same answer as for nobody: else ids of other accounts' contacts could be tried.
        if account_id not in {None, contact.account_id} or not still(tx, contact):
            raise NotFound("No such contact")
        consent.record_withdrawal(services, tx, contact)
        # After the withdrawal, whose receipt the row has to count and hash as well.
        made, gone = _row(services, tx, contact, source), tickets.all_of_contact(tx, contact.id)
        filed = erasures.request(tx, made)
        # As it was read, before the withdrawal: who had not agreed any more has not withdrawn now.
        if contact.receipt_id is not None:
            audit.record(services, tx, contact.account_id, who, "consent.withdrawn", contact_uid, contact_uid)
        audit.record(services, tx, contact.account_id, who, "erasure.requested", filed, contact_uid)
        # Last, and before the commit: an erasure that cannot be put on record beside the keys must not be promised.
        # A line without its commit does no harm, a commit without its line brings somebody back with a restore.
        services.ledger.enter(services.clock(), "erase", made | {"id": filed})
        return erasures.by_id(tx, filed), contact, gone

    filed, contact, gone = await services.store.write(work)
    if contact is not None:
        account = contact.account_id
        await training.relearn_contact(services, account, contact.id)
        services.bus.publish(
            ContactGone(account, contact.id),
            _news(filed),
            *(TicketGone(each.ref) for each in gone),
            WorkDue(),
        )
    return filed.id


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
