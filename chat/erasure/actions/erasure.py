"""
Forgetting a contact: a request that is answered at once, and the sweep that carries it out and may be killed
anywhere.
"""

from __future__ import annotations

import structlog
from msgspec.structs import asdict

from chat.account import store as accounts
from chat.contacts.store import contacts
from chat.core import access
from chat.core.addresses import address
from chat.core.clock import DAY
from chat.core.errors import LetheError, NotFound, Unauthorized, Unavailable
from chat.core.events import ContactErased, ContactGone, CredentialsRevoked, KeyDestroyed
from chat.core.model import Actor, Contact
from chat.core.tokens import Visitor
from chat.erasure.actions import asks, certificates, filing, forgetting, recipients
from chat.erasure.actions.filing import Asker
from chat.erasure.actions.lapsing import lapse
from chat.erasure.actions.views import CertifiedErasure, erasure_view
from chat.erasure.store import asks as asked
from chat.erasure.store import erasures
from chat.erasure.store import recipients as recipient_rows
from chat.erasure.store.erasures import Erasure
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store import server
from chat.infra.store.tx import Tx
from chat.tickets.store import tickets

log = structlog.get_logger("chat.erasure")
# Twelve rounds of this sweep, so that a server hears of a command's erasure even where it was busy for some of them.
ECHO = 60_000
COMMAND = Asker("command", "command")
QUIET = 120_000
"""So many ms after the last message nobody is taken to be writing."""


async def by_visitor(services: Services, visitor: Visitor) -> str:
    """Withdraw the visitor's consent and file the erasure, and return its id. Twice gives the same id."""
    try:
        return await filing.request(services, visitor.contact, None, Asker("visitor", "visitor"))
    except NotFound:
        raise Unauthorized("This visitor is not known") from None


async def by_agent(services: Services, actor: Actor, contact_uid: str) -> str:
    """
    File the erasure of a contact of the actor's account, and return its id. Twice gives the same id. Who may only ask
    for it gets the id of what waits until somebody confirms it.
    """
    access.require(actor, "erasure.ask")
    await services.store.read(lambda tx: _require_seen(tx, actor, contact_uid))
    if not access.can(actor, "erasure.confirm"):
        return await asks.file(services, actor, contact_uid)
    return await filing.request(services, contact_uid, actor.account_id, _asker(actor), whole=True)


def _require_seen(tx: Tx, actor: Actor, contact_uid: str) -> None:
    """Raise NotFound where an agent who sees some departments alone sees no ticket of a contact."""
    if actor.departments is None:
        return
    contact = contacts.of_account(tx, actor.account_id, contact_uid)
    if not tickets.contacts_seen(tx, [contact.id], actor.departments):
        raise NotFound("No such contact")


async def confirm(services: Services, actor: Actor, ask_id: str) -> str:
    """File the erasure that an agent asked for, and return its id. Raises NotFound where it waits no more."""
    access.require(actor, "erasure.confirm")
    ask = await services.store.read(lambda tx: asked.waiting(tx, actor.account_id, ask_id))

    def still(tx: Tx, _contact: Contact) -> bool:
        """Refused meanwhile, it is not confirmed: both lock the contact first."""
        return asked.waiting(tx, actor.account_id, ask_id) is not None

    return await filing.request(services, ask.contact_uid, actor.account_id, _asker(actor, ask_id), still, whole=True)


async def by_retention(services: Services, contact_uid: str, still: filing.Still) -> bool:
    """
    File the erasure of a contact who is over the account's days, and return whether it was. `still` says in the
    request's own transaction whether the contact is: somebody may have written meanwhile.
    """
    try:
        await filing.request(services, contact_uid, None, Asker("retention", "system"), still)
    except NotFound:
        return False
    return True


async def by_link(services: Services, contact: Contact, *, at_once: bool) -> str:
    """Withdraw the consent of a contact whose mailbox proved who asks, and file the erasure, and return its id."""
    return await filing.request(
        services, contact.uid, contact.account_id, Asker("link" if at_once else "visitor", "visitor")
    )


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
            each for account in of for each in contacts.page(tx, account, services.found_by(account, email), 0, None)
        ]

    found = await services.store.read(work)
    if actor is not None:
        sees = actor.departments
        shown = await services.store.read(lambda tx: tickets.contacts_seen(tx, [each.id for each in found], sees))
        found = [each for each in found if each.id in shown]
    if not found:
        address(email)  # one that is not good may have been taken by an older Lethe, so it was looked for first
        raise NotFound("No contact has this address")
    if actor is not None:
        return [await by_agent(services, actor, each.uid) for each in found]
    return [await filing.request(services, each.uid, each.account_id, COMMAND, whole=True) for each in found]


async def now(services: Services, email: str) -> list[CertifiedErasure]:
    """Erase every contact with an address in all accounts, now, and return each request with its certificate."""
    return await finish(services, await by_email(services, None, email))


async def finish(services: Services, ids: list[str]) -> list[CertifiedErasure]:
    """Carry out what is due, now, and return these requests, each with its certificate."""
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
        found = certificates.Certified(
            erasures.list_outcomes(tx, each.id), recipient_rows.recipients(tx, each.id), erasures.with_it(tx, each)
        )
        document, signature = certificates.sign(services, account, each, found, scrubbed, backups)
        # Two processes may carry out the same request. One certificate counts, and there is one entry in the log.
        if not erasures.close(tx, each.id, services.clock(), document, signature):
            return None
        if each.of_agent:
            audit.record(services, tx, each.account_id, "system", "agent.erased", each.contact_uid)
        else:
            services.record(tx, ContactErased(each.account_id, each.contact_uid, each.id))
            audit.record(services, tx, each.account_id, "system", "contact.erased", each.id, each.contact_uid)
        return erasures.by_id(tx, each.id)

    closed = await services.store.write(work)
    if closed is not None:
        services.bus.publish(filing.news(closed))
    return closed is not None


async def _echo(services: Services) -> None:
    """Say again what was erased lately: perhaps by a command in another process, whose word did not come here."""
    for each in await services.store.read(lambda tx: erasures.done_since(tx, services.clock() - ECHO)):
        _tell(services, each)
        services.bus.publish(filing.news(each))


def _tell(services: Services, each: Erasure) -> None:
    # The erasure may have been another process': then this one still has the opened key in memory.
    services.keys.drop(each.key_slot, each.contact_uid)
    out = CredentialsRevoked(each.account_id, each.contact_uid)
    gone = out if each.of_agent else ContactGone(each.account_id, each.contact_id)
    services.bus.publish(gone, KeyDestroyed(each.key_slot, each.contact_uid))


def _asker(actor: Actor, confirmed: str = "") -> Asker:
    return Asker(source_of(actor), actor.agent_id, confirmed)


def source_of(actor: Actor | None) -> str:
    """Return by what way somebody asks: the command line (no actor), a page, or a program."""
    return "command" if actor is None else "agent" if actor.session_id else "api"
