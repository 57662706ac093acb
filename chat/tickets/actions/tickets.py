"""Tickets: what agents and visitors may do with one beside writing in it."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import UNSET, structs

from chat.consent.actions import teaching
from chat.core import access, events, frames
from chat.core.crypt import seal_text
from chat.core.deliveries import Delivery, Rendered
from chat.core.errors import InvalidField, NotFound
from chat.core.folding import SearchTerms
from chat.core.ids import uuid_bytes
from chat.core.model import Actor, Contact, Message, Note, Order, Ticket
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store import server
from chat.infra.store.tx import Tx
from chat.spam_filter.actions import training
from chat.spam_filter.store import reviews
from chat.tickets.actions import entries, matching, mentions, transcripts
from chat.tickets.domain import Fact, TicketQuery, by, priority_of
from chat.tickets.schema import STATUSES
from chat.tickets.store import changing, notes, tickets
from chat.tickets.store.tickets import ListedTicket

LATEST = 100
SEARCHED, LOOKED = 200, 10
"""So many tickets are searched at a time for a page, and so often until one is found."""


class MarkedTicket(frames.TicketSummary, frozen=True):
    """A ticket that was marked as spam or not, and how many messages the filter learnt from: none without consent."""

    learnt: int


@dataclass(frozen=True)
class OpenedTicket:
    """A ticket that an agent may see, and whose it is."""

    ticket: Ticket
    contact: Contact


async def page(
    services: Services,
    actor: Actor,
    wanted: TicketQuery,
    before: tuple[int, ...] | None,
    limit: int,
    order: Order = "updated",
    terms: SearchTerms | None = None,
) -> tuple[list[frames.TicketSummary], tuple[int, ...] | None]:
    """
    Return summaries of the account's tickets and where the next page begins: last changed first, or by `number` from
    the first, which leaves none out however much changes meanwhile, or `oldest` first, or those alone whose visitor is
    `waiting` for an answer, longest first. With `terms` they are those that have the words, and a page may be short and
    still have a next one. Raises InvalidField.
    """
    access.require(actor, "ticket.read")
    if wanted.status is not UNSET and wanted.status not in STATUSES:
        raise InvalidField(f"A status is one of {', '.join(STATUSES)}", field="status")
    if wanted.priority is not UNSET:
        priority_of(wanted.priority)
    await audit.record_view(services, actor, "tickets.listed")
    if terms is not None:
        return await _page_with(services, actor, wanted, terms, before, limit, order)
    found = await _read(services, actor, wanted, before, limit + 1, order)
    if len(found) <= limit:
        return _readable(services, found), None
    return _readable(services, found[:limit]), _cursor(found[limit - 1].ticket, order)


async def _read(
    services: Services,
    actor: Actor,
    wanted: TicketQuery,
    before: tuple[int, ...] | None,
    limit: int,
    order: Order,
) -> list[ListedTicket]:
    account_id, sees = actor.account_id, actor.departments
    return await services.store.read(
        lambda tx: tickets.page(tx, account_id, wanted, before, limit, order, departments=sees)
    )


async def _page_with(
    services: Services,
    actor: Actor,
    wanted: TicketQuery,
    terms: SearchTerms,
    before: tuple[int, ...] | None,
    limit: int,
    order: Order,
) -> tuple[list[frames.TicketSummary], tuple[int, ...] | None]:
    """Return what `page` does, of the tickets with the words. After LOOKED pages without any it says where it is."""
    for _ in range(LOOKED):
        found = await _read(services, actor, wanted, before, SEARCHED + 1, order)
        more, found = len(found) > SEARCHED, found[:SEARCHED]
        keys = await matching.tickets_with(services, actor, [each.ticket.id for each in found], terms)
        those = [each for each in found if each.ticket.id in keys]
        if len(those) > limit:
            return _readable(services, those[:limit]), _cursor(those[limit - 1].ticket, order)
        before = _cursor(found[-1].ticket, order) if more else None
        if those or not more:
            return _readable(services, those), before
    return [], before


def _cursor(last: Ticket, order: Order) -> tuple[int, ...]:
    if order == "number":
        return (last.number,)
    return (last.waiting_since or 0) if order == "waiting" else last.updated_at, last.id


async def one(services: Services, actor: Actor, number: int) -> OpenedTicket:
    """Return a ticket of the actor's account. Raises NotFound where there is none, or its contact's key is gone."""
    access.require(actor, "ticket.read")
    ticket, contact = await services.store.read(lambda tx: tickets.one(tx, actor.account_id, number, actor.departments))
    services.keys.get(contact.key_slot, contact.uid)
    return OpenedTicket(ticket, contact)


async def summary(services: Services, actor: Actor, number: int) -> frames.TicketSummary:
    """Return a ticket of the actor's account as lists show it. Raises NotFound as `one`."""
    access.require(actor, "ticket.read")
    found = await services.store.read(lambda tx: tickets.listed(tx, actor.account_id, number, actor.departments))
    return transcripts.summary(services, found)


async def summaries(services: Services, account_id: str, ids: list[int]) -> list[frames.TicketOut]:
    """Return an account's tickets by key as they are told to who watches the list."""
    found = await services.store.read(lambda tx: tickets.many(tx, account_id, ids))
    return [frames.TicketOut(each.number, **structs.asdict(each)) for each in _readable(services, found)]


async def latest(services: Services, account_id: str) -> list[int]:
    """Return the keys of the tickets of an account that changed last, for those who may have missed it."""
    found = await services.store.read(
        lambda tx: tickets.page(tx, account_id, TicketQuery(), None, LATEST, departments=None)
    )
    return [each.ticket.id for each in found]


async def gone(services: Services, actor: Actor, numbers: list[int]) -> list[int]:
    """Return those of some tickets, by number, that an agent may not see, or not any more."""
    found = await services.store.read(lambda tx: tickets.there(tx, actor.account_id, numbers, actor.departments))
    return [each for each in numbers if each not in found]


async def merged_into(services: Services, actor: Actor, numbers: list[int]) -> dict[int, int]:
    """Return of which tickets that an agent may see those of some numbers are a part that were merged."""
    return await services.store.read(lambda tx: tickets.merged_into(tx, actor.account_id, numbers, actor.departments))


async def add_note(
    services: Services,
    actor: Actor,
    number: int,
    client_id: str,
    text: str,
    source: object = None,
    *,
    named: Sequence[str] = (),
) -> tuple[frames.NoteOut, bool]:
    """
    Add a note that only agents see, and return it, and whether it was there already under this id. Who is `named`
    in it, by id, is told. Raises MentionRefused where one of them may not see the ticket.
    """
    access.require(actor, "ticket.answer")
    opened = await one(services, actor, number)
    contact, cid = opened.contact, uuid_bytes(client_id)
    sealed = seal_text(services.keys.get(contact.key_slot, contact.uid), "note", cid, text)
    made = {"cid": cid, "agent_id": actor.agent_id, "body": sealed, "at": services.clock()}

    def work(tx: Tx) -> tuple[Note, bool, transcripts.Authors]:
        note, again = notes.add(tx, opened.ticket.id, made)
        if not again:
            mentions.require_seeing(services, tx, opened.ticket, named)
            called = mentions.events_of(actor, opened.ticket, note.note, named)
            mentions.keep(tx, called, note.at)
            services.record(tx, events.NoteAdded(opened.ticket.ref, note.note), *called)
        return note, again, transcripts.authors(services, tx, contact, agents=True)

    note, again, known = await services.store.write(work)
    out = transcripts.note_out(services, contact, number, note, known)
    if not again:
        added = Delivery(events.NoteAdded(opened.ticket.ref, note.note), Rendered(agents=[out]), source)
        called = mentions.events_of(actor, opened.ticket, note.note, named)
        services.bus.publish(added, events.TicketChanged(opened.ticket.ref), *called)
    return out, again


async def hold(
    services: Services, actor: Actor, number: int, *, held: bool, once: changing.Once = changing.always
) -> MarkedTicket:
    """
    Move a ticket's visitor messages into quarantine, or release them to the agents' view, and teach the filter that,
    unless it was done before, and return the summary with how many messages it learnt from.
    """
    access.require(actor, "spam.mark")
    opened = await one(services, actor, number)

    def work(tx: Tx) -> tuple[list[Message], transcripts.FilesOfTicket, int, list[events.SystemEntered]] | None:
        if not once(tx, changing.lock(tx, opened.ticket.id)):
            return None
        changed = tickets.hold(tx, opened.ticket.id, held=held)
        said = tickets.messages(tx, opened.ticket.id)
        learnt = teaching.teach(services, tx, actor, opened.contact, said, spam=held)
        theirs = [each for each in said if each.author == "visitor" and each.target is None]
        reviews.look_at(tx, theirs, actor.agent_id, services.clock(), spam=held)
        services.record(tx, events.QuarantineChanged(opened.ticket.ref))
        action = "spam.marked" if held else "spam.unmarked"
        audit.record(services, tx, actor.account_id, actor.agent_id, action, str(number), opened.contact.uid)
        fact = Fact(kind="spam" if held else "not_spam")
        entered = entries.enter(services, tx, opened.ticket.ref, by(actor), [fact] if changed else [])
        return changed, transcripts.files_of(tx, changed), learnt, entered

    done = await services.store.write(work)
    if done is None:
        return MarkedTicket(**structs.asdict(await summary(services, actor, number)), learnt=0)
    changed, files, learnt, entered = done
    await training.relearn_contact(services, actor.account_id, opened.contact.id)
    known = transcripts.visitor_alone(services, opened.contact)
    targets = {each.seq: each for each in changed}
    said = [
        transcripts.message_out(services, opened.contact, number, each, known, agents=True, targets=targets)
        for each in changed
    ]
    frames_out = transcripts.with_files(services, opened.contact, said, files)
    changed_here = Delivery(events.QuarantineChanged(opened.ticket.ref), Rendered(agents=frames_out))
    services.bus.publish(changed_here, *entered, events.TicketChanged(opened.ticket.ref))
    return MarkedTicket(**structs.asdict(await summary(services, actor, number)), learnt=learnt)


async def epoch(services: Services) -> int:
    """Return the database's epoch: after a restore it is another, and clients read anew."""
    return await services.store.read(server.epoch)


async def last_of(services: Services, contact_id: int) -> Ticket | None:
    """Return the contact's last ticket, running or ended."""
    return await services.store.read(lambda tx: tickets.of_contact(tx, contact_id))


async def all_of(services: Services, contact_id: int) -> list[Ticket]:
    """Return every ticket of a contact, first to last."""
    return await services.store.read(lambda tx: tickets.all_of_contact(tx, contact_id))


def _readable(services: Services, found: list[ListedTicket]) -> list[frames.TicketSummary]:
    """Summaries of those whose contact's key is there: who is being erased is gone from every list at once."""
    made = []
    for each in found:
        with contextlib.suppress(NotFound):
            made.append(transcripts.summary(services, each))
    return made
