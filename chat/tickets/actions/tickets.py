"""Tickets: what agents and visitors may do with one beside writing in it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET, structs

from chat.consent.actions import teaching
from chat.core import access, events, frames
from chat.core.crypt import seal_text
from chat.core.deliveries import Delivery, Rendered
from chat.core.errors import InvalidField, NotFound, UnknownParameter
from chat.core.ids import uuid_bytes
from chat.core.model import ENDED, Actor, Contact, Message, Note, Order, Ticket
from chat.core.texts import seen
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store import server
from chat.infra.store.tx import Tx
from chat.spam_filter.actions import training
from chat.spam_filter.store import reviews
from chat.team import store as agents
from chat.tickets.actions import transcripts
from chat.tickets.actions.activity import rendered
from chat.tickets.domain import TicketQuery
from chat.tickets.schema import STATUSES
from chat.tickets.store import tickets
from chat.tickets.store.tickets import ListedTicket

TAGS_MOST, TAG_CHARS = 20, 50
LATEST = 100
CHANGED = ("status", "assignee", "department", "tags")


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
) -> tuple[list[frames.TicketSummary], tuple[int, ...] | None]:
    """
    Return summaries of the account's tickets and where the next page begins: last changed first, or by `number` from
    the first, which leaves none out however much changes meanwhile. Raises InvalidField.
    """
    access.require(actor, "ticket.read")
    if wanted.tag is not UNSET:
        wanted = structs.replace(wanted, tag=_tag(wanted.tag, "tag"))
    if wanted.status is not UNSET and wanted.status not in STATUSES:
        raise InvalidField(f"A status is one of {', '.join(STATUSES)}", field="status")
    found = await services.store.read(lambda tx: tickets.page(tx, actor.account_id, wanted, before, limit + 1, order))
    await audit.record_view(services, actor, "tickets.listed")
    if len(found) <= limit:
        return _readable(services, found), None
    last = found[limit - 1].ticket
    return _readable(services, found[:limit]), (last.number,) if order == "number" else (last.updated_at, last.id)


async def one(services: Services, actor: Actor, number: int) -> OpenedTicket:
    """Return a ticket of the actor's account. Raises NotFound where there is none, or its contact's key is gone."""
    access.require(actor, "ticket.read")
    ticket, contact = await services.store.read(lambda tx: tickets.one(tx, actor.account_id, number))
    services.keys.get(contact.key_slot, contact.uid)
    return OpenedTicket(ticket, contact)


async def summary(services: Services, actor: Actor, number: int) -> frames.TicketSummary:
    """Return a ticket of the actor's account as lists show it. Raises NotFound as `one`."""
    access.require(actor, "ticket.read")
    return transcripts.summary(
        services, await services.store.read(lambda tx: tickets.listed(tx, actor.account_id, number))
    )


async def summaries(services: Services, account_id: str, ids: list[int]) -> list[frames.TicketOut]:
    """Return an account's tickets by key as they are told to who watches the list."""
    found = await services.store.read(lambda tx: tickets.many(tx, account_id, ids))
    return [frames.TicketOut(each.number, **structs.asdict(each)) for each in _readable(services, found)]


async def latest(services: Services, account_id: str) -> list[int]:
    """Return the keys of the tickets of an account that changed last, for those who may have missed it."""
    found = await services.store.read(lambda tx: tickets.page(tx, account_id, TicketQuery(), None, LATEST))
    return [each.ticket.id for each in found]


async def there(services: Services, account_id: str, ids: list[int]) -> set[int]:
    """Return the numbers of those tickets (by key) that agents of the account may still see."""
    found = await services.store.read(lambda tx: tickets.many(tx, account_id, ids))
    return {each.ticket.number for each in found}


async def gone(services: Services, account_id: str, numbers: list[int]) -> list[int]:
    """Return those of some tickets, by number, that agents of the account may not see, or not any more."""
    found = await services.store.read(lambda tx: tickets.there(tx, account_id, numbers))
    return [each for each in numbers if each not in found]


async def add_note(
    services: Services, actor: Actor, number: int, client_id: str, text: str, source: object = None
) -> tuple[frames.NoteOut, bool]:
    """Add a note that only agents see, and return it, and whether it was there already under this id."""
    access.require(actor, "ticket.answer")
    opened = await one(services, actor, number)
    contact, cid = opened.contact, uuid_bytes(client_id)
    sealed = seal_text(services.keys.get(contact.key_slot, contact.uid), "note", cid, text)
    made = {"cid": cid, "agent_id": actor.agent_id, "body": sealed, "at": services.clock()}

    def work(tx: Tx) -> tuple[Note, bool, transcripts.Names]:
        note, again = tickets.add_note(tx, opened.ticket.id, made)
        return note, again, transcripts.names(services, tx, contact)

    note, again, known = await services.store.write(work)
    out = transcripts.note_out(services, contact, number, note, known)
    if not again:
        added = Delivery(events.NoteAdded(opened.ticket.ref, note.note), Rendered(agents=[out]), source)
        services.bus.publish(added, events.TicketChanged(opened.ticket.ref))
    return out, again


async def change(services: Services, actor: Actor, number: int, values: Mapping[str, object]) -> frames.TicketSummary:
    """
    Change `status`, `assignee` (an agent's id, `me` or None), `department` (an id or None) or `tags`, and return the
    summary. Raises InvalidField.
    """
    access.require(actor, "ticket.change")
    opened = await one(services, actor, number)
    checked = _checked(actor, values)

    def work(tx: Tx) -> None:
        if checked.get("assignee"):
            row = agents.one(tx, actor.account_id, checked["assignee"])
            if row.deactivated_at is not None:
                raise NotFound("No such agent")
        if checked.get("department_id"):
            tickets.require_department(tx, actor.account_id, checked["department_id"])
        tickets.change(tx, opened.ticket.id, **checked, updated_at=services.clock())
        action = _changes(opened.ticket, checked.get("status"))
        audit.record(services, tx, actor.account_id, actor.agent_id, action, str(number), opened.contact.uid)

    await services.store.write(work)
    services.bus.publish(events.TicketChanged(opened.ticket.ref), *_status_changed(opened.ticket, checked, actor))
    return await summary(services, actor, number)


async def hold(services: Services, actor: Actor, number: int, *, held: bool) -> MarkedTicket:
    """
    Move a ticket's visitor messages into quarantine, or release them to the agents' view, and teach the filter that,
    and return the summary with how many messages it learnt from.
    """
    access.require(actor, "spam.mark")
    opened = await one(services, actor, number)

    def work(tx: Tx) -> tuple[list[Message], transcripts.FilesOfTicket, int]:
        changed = tickets.hold(tx, opened.ticket.id, held=held)
        said = tickets.messages(tx, opened.ticket.id)
        learnt = teaching.teach(services, tx, actor, opened.contact, said, spam=held)
        theirs = [each for each in said if each.author == "visitor" and each.target is None]
        reviews.look_at(tx, theirs, actor.agent_id, services.clock(), spam=held)
        action = "spam.marked" if held else "spam.unmarked"
        audit.record(services, tx, actor.account_id, actor.agent_id, action, str(number), opened.contact.uid)
        return changed, transcripts.files_of(tx, changed), learnt

    changed, files, learnt = await services.store.write(work)
    await training.relearn_contact(services, actor.account_id, opened.contact.id)
    known: transcripts.Names = {"": transcripts.name_of(services, opened.contact)}
    said = [transcripts.message_out(services, opened.contact, number, each, known, agents=True) for each in changed]
    frames_out = transcripts.with_files(services, opened.contact, said, files)
    changed_here = Delivery(events.QuarantineChanged(opened.ticket.ref), Rendered(agents=frames_out))
    services.bus.publish(changed_here, events.TicketChanged(opened.ticket.ref))
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


def _status_changed(was: Ticket, values: dict[str, Any], actor: Actor) -> list[events.Event | Delivery[events.Event]]:
    """Return what another status means to who follows the chat, or nothing where it is the one that the ticket had."""
    status = values.get("status", was.status)
    if status == was.status:
        return []
    if was.ended == (status in ENDED):
        return [events.TicketStatusChanged(was.ref, status)]
    if was.ended:
        return [events.TicketReopened(was.ref)]
    event = events.TicketEnded(was.ref, "agent")
    return [Delivery(event, rendered(event, actor.name))]


def _changes(ticket: Ticket, status: str | None) -> str:
    if status == "trash":
        return "ticket.deleted"
    return "ticket.restored" if status is not None and ticket.status == "trash" else "ticket.changed"


def _checked(actor: Actor, values: Mapping[str, object]) -> dict[str, Any]:
    made = _known(values)
    if "status" in made and made["status"] not in STATUSES:
        raise InvalidField(f"A status is one of {', '.join(STATUSES)}", field="status")
    if not isinstance(made.get("assignee"), str | None):
        raise InvalidField("An assignee is named by an agent's id, me or null", field="assignee")
    if "assignee" in made:
        made["assignee"] = actor.agent_id if made["assignee"] == "me" else made["assignee"] or None
    if "department" in made:
        made["department_id"] = made.pop("department") or None
        if not isinstance(made["department_id"], str | None):
            raise InvalidField("A department is named by its id, or null", field="department")
    if "tags" in made:
        made["tags"] = _tags(made["tags"])
    return made


def _known(values: Mapping[str, object]) -> dict[str, Any]:
    unknown = sorted(set(values) - set(CHANGED))
    if unknown:
        raise UnknownParameter(f"Give any of {', '.join(CHANGED)}", field=unknown[0])
    if not values:
        raise InvalidField(f"Give any of {', '.join(CHANGED)}", field=CHANGED[0])
    return dict(values)


def _tags(tags: Any) -> list[str]:
    fine = isinstance(tags, list) and len(tags) <= TAGS_MOST
    if not fine:
        raise InvalidField(f"Give at most {TAGS_MOST} tags", field="tags")
    return list(dict.fromkeys(_tag(tag, "tags") for tag in tags))


def _tag(tag: Any, field: str) -> str:
    """Return a tag as it is stored. Raises InvalidField."""
    made = tag.strip() if isinstance(tag, str) and seen(tag) else ""
    if not 0 < len(made) <= TAG_CHARS or any(char < " " for char in made):
        raise InvalidField(f"A tag has 1 to {TAG_CHARS} characters on one line", field=field)
    return made
