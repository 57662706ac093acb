"""Tickets over REST: the list, what is said in each, and what is done with it."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from msgspec import Meta, Struct
from starlette.responses import Response

from chat.core import frames
from chat.core.errors import InvalidField, TooLarge
from chat.core.folding import SearchTerms
from chat.core.model import Actor, Order
from chat.core.texts import seen
from chat.tickets.actions import (
    bulk,
    changing,
    editing,
    entries,
    posting,
    snoozing,
    tickets,
    transcripts,
    viewing,
)
from chat.tickets.actions.tagging import tag_id
from chat.tickets.domain import TicketQuery, tag_of
from chat.tickets.sockets.context import chat_context_of
from chat.web.answers import JSON
from chat.web.endpoint import Ask, endpoint
from chat.web.lists import CURSOR, LIMIT, Listed, listed, numbers_of
from chat.web.requests import Parameter, choice, optional, switch, truth, uid

CURSORS: dict[Order, int] = {"updated": 2, "number": 1, "oldest": 2, "waiting": 2}
"""So many numbers are in a cursor."""


class Said(Struct, frozen=True, forbid_unknown_fields=True):
    """A message or note to store: the same `id` is stored once."""

    id: frames.ClientId
    text: Annotated[str, Meta(min_length=1)]


class Noted(Said, frozen=True, forbid_unknown_fields=True):
    """A note, which may name colleagues by their ids."""

    mentions: frames.Mentioned = []


class SaidWithFiles(Said, frozen=True, forbid_unknown_fields=True):
    """A message, which may have attachments and then no text."""

    text: str
    attachments: frames.Attached = []


class Edited(Struct, frozen=True, forbid_unknown_fields=True):
    """Another text for a message, null to take it back: the same `id` is stored once."""

    id: frames.ClientId
    text: str | None


S = TypeVar("S", bound=Said)


class BulkAnswers(Struct, frozen=True):
    """What became of each of some tickets, in their order."""

    items: list[bulk.BulkAnswer]


class TicketCounts(Struct, frozen=True):
    """How many tickets are in each view, by the view's name."""

    counts: dict[str, int]


class Snooze(Struct, frozen=True, forbid_unknown_fields=True):
    """When a ticket that is put aside comes back, RFC 3339."""

    until: str


class Spam(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a ticket is spam."""

    spam: bool


STATUS, TAG, ASSIGNEE, DEPARTMENT = optional("status"), optional("tag"), optional("assignee"), optional("department")
CONTACT: Parameter[str | None] = Parameter("contact", uid, None)
HELD: Parameter[bool | None] = Parameter("held", truth, None, {"type": "boolean"})
SITE: Parameter[str | None] = Parameter("site", uid, None)
PRIORITY = optional("priority")
SNOOZED: Parameter[bool | None] = Parameter("snoozed", truth, None, {"type": "boolean"})
WAITING: Parameter[bool | None] = Parameter("waiting", truth, None, {"type": "boolean"})
PLAIN = (STATUS, CONTACT, HELD, SITE, PRIORITY, SNOOZED, WAITING)
FILTERS = (STATUS, ASSIGNEE, CONTACT, DEPARTMENT, TAG, HELD, SITE, PRIORITY, SNOOZED, WAITING)
POSITION, Q = optional("cursor"), optional("q")
ORDERS: tuple[Order, ...] = ("updated", "number", "oldest", "waiting")
ORDER: Parameter[Order] = choice("order", *ORDERS, refusal=f"An order is one of {', '.join(ORDERS)}")
OPEN_HELD = switch("held")


@endpoint(
    "GET /tickets",
    permission="ticket.read",
    query=[*FILTERS, Q, ORDER, LIMIT, POSITION],
    audited={"tickets.listed"},
)
async def list_tickets(ask: Ask[None]) -> Listed[frames.TicketSummary]:
    """
    Return summaries, as the filters and the order say. `?q=` gives those in which the words are, as search finds them:
    a page may then be short, or empty, and still have a next one.
    """
    order = ask.query(ORDER)
    before = numbers_of(ask.query(POSITION), CURSORS[order])
    wanted = _wanted(ask)
    terms = None if (q := ask.query(Q)) is None else SearchTerms.of(q)
    items, after = await tickets.page(ask.services, ask.actor, wanted, before, ask.query(LIMIT), order, terms)
    return listed(items, after)


def _wanted(ask: Ask[None]) -> TicketQuery:
    """Read the filters. Raises InvalidField for what can fit no ticket, so that it is not taken for none of them."""
    plain: dict[str, Any] = {each.name: each.of(ask.request.query_params) for each in PLAIN}
    wanted = {name: value for name, value in plain.items() if value is not None}
    if (tag := ask.query(TAG)) is not None:
        wanted["tag"] = tag_id(ask.services, ask.actor.account_id, tag_of(tag, "tag"))
    if (assignee := ask.query(ASSIGNEE)) is not None:
        wanted["assignee"] = _whom(assignee, ask.actor)
    if (department := ask.query(DEPARTMENT)) is not None:
        wanted["department"] = None if department == "none" else uid(department, "department")
    return TicketQuery(**wanted)


def _whom(value: str, actor: Actor) -> str | None:
    named: dict[str, str | None] = {"none": None, "me": actor.agent_id}
    return named[value] if value in named else uid(value, "assignee")


@endpoint("GET /tickets/counts", permission="ticket.read", audited=())
async def get_counts(ask: Ask[None]) -> TicketCounts:
    """
    Return how many tickets are in the views `unassigned`, `mine`, `open`, `waiting`, `pending`, `snoozed` and
    `quarantine`, and of those that are open in each `department:ID` and `site:ID`.
    """
    return TicketCounts(await chat_context_of(ask.request).counts_of(ask.actor.account_id).now(ask.actor))


@endpoint("PUT /tickets/{number:int}/snooze", permission="ticket.change", audited={"ticket.changed"})
async def put_snooze(ask: Ask[Snooze]) -> frames.TicketSummary:
    """
    Put it aside `until` a time, at most a year ahead: then it comes back, or before when the visitor writes. One that
    has ended is 409 `not_now`.
    """
    return await snoozing.snooze(ask.services, ask.actor, ask.path["number"], ask.body.until)


@endpoint("DELETE /tickets/{number:int}/snooze", permission="ticket.change", audited={"ticket.changed"})
async def delete_snooze(ask: Ask[None]) -> frames.TicketSummary:
    """Have it back now."""
    return await snoozing.wake(ask.services, ask.actor, ask.path["number"])


@endpoint("GET /tickets/{number:int}", permission="ticket.read", audited={"transcript.viewed"})
async def get_ticket(ask: Ask[None]) -> frames.TicketSummary:
    """Return the summary."""
    return await viewing.view_summary(ask.services, ask.actor, ask.path["number"])


@endpoint(
    "PATCH /tickets/{number:int}",
    permission="ticket.change",
    audited={"ticket.changed", "ticket.deleted", "ticket.restored"},
)
async def change_ticket(ask: Ask[changing.TicketChange]) -> frames.TicketSummary:
    """Change its status, assignee, department, tags, priority or any of the account's fields."""
    return await changing.change(ask.services, ask.actor, ask.path["number"], ask.body.given())


@endpoint(
    "POST /tickets/bulk",
    permission="ticket.change",
    audited={"ticket.changed", "ticket.deleted", "ticket.restored", "spam.marked", "spam.unmarked"},
)
async def change_tickets(ask: Ask[bulk.BulkChange]) -> BulkAnswers:
    """
    Change up to 200 tickets, each for itself: the answer says in their order what became of each.

    `change` is what `PATCH` of one ticket takes, or `spam` alone. A ticket named with `updated_at` is changed only if
    it is still as it was then. Sent again with its `id`, within a day, none is changed twice.
    """
    return BulkAnswers(await bulk.change(ask.services, ask.actor, ask.body))


@endpoint(
    "GET /tickets/{number:int}/messages",
    permission="ticket.read",
    query=[OPEN_HELD, LIMIT, CURSOR],
    audited={"transcript.viewed", "quarantine.viewed"},
)
async def list_messages(ask: Ask[None]) -> Listed[frames.Entry]:
    """Return what was said. `?held=true` opens the quarantine of this ticket."""
    services, number = ask.services, ask.path["number"]
    if ask.query(OPEN_HELD):
        return Listed(await viewing.view_quarantine(services, ask.actor, number))
    opened = await viewing.view_ticket(services, ask.actor, number)
    after, limit = (ask.query(CURSOR) or (0,))[0], ask.query(LIMIT)
    found = await transcripts.messages(services, opened.contact.id, opened.ticket, after, agents=True, limit=limit + 1)
    return listed(found[:limit], (found[limit - 1].seq,) if len(found) > limit else None)


@endpoint("POST /tickets/{number:int}/messages", permission="ticket.answer", status=(201, 200), audited=())
async def post_message(ask: Ask[SaidWithFiles]) -> frames.MessageOut | Response:
    """Answer: 201, or 200 where this id was stored before. What agents send says itself by whom."""
    said, services = _checked(ask.body), ask.services
    opened = await tickets.one(services, ask.actor, ask.path["number"])
    draft = posting.from_agent(ask.actor, opened, said, services.clock())
    await posting.look_up_files(services, opened.contact, draft)
    stored = await chat_context_of(ask.request).postbox.post(draft)
    if not stored.repeated:
        return JSON(posting.message_of(stored), 201)
    # What was stored under this id may be another text: that is the answer, not what came now.
    found = await transcripts.messages(services, opened.contact.id, opened.ticket, stored.seq - 1, agents=True, limit=1)
    return JSON(found[0])


@endpoint("PATCH /tickets/{number:int}/messages/{seq:int}", permission="ticket.answer", audited=())
async def change_message(ask: Ask[Edited]) -> frames.EditedOut | frames.RedactedOut:
    """
    Change one's own last message within five minutes, or take it back (`text` null). Sent again with its `id` nothing
    changes twice.
    """
    wanted = editing.MessageEdit(ask.path["seq"], ask.body.id, ask.body.text)
    return await editing.by_agent(ask.services, ask.actor, ask.path["number"], wanted)


@endpoint(
    "GET /tickets/{number:int}/notes",
    permission="ticket.read",
    query=[LIMIT, CURSOR],
    audited={"transcript.viewed"},
)
async def list_notes(ask: Ask[None]) -> Listed[frames.NoteOut]:
    """Return the notes."""
    opened = await viewing.view_ticket(ask.services, ask.actor, ask.path["number"])
    after, limit = (ask.query(CURSOR) or (0,))[0], ask.query(LIMIT)
    found = await transcripts.notes(ask.services, opened.contact.id, opened.ticket, after, limit + 1)
    return listed(found[:limit], (found[limit - 1].note,) if len(found) > limit else None)


@endpoint("POST /tickets/{number:int}/notes", permission="ticket.answer", status=(201, 200), audited=())
async def post_note(ask: Ask[Noted]) -> frames.NoteOut | Response:
    """Write a note: 201, or 200 where this id was stored before. Colleagues whom it names (`mentions`) are told."""
    said = _checked(ask.body)
    number, named = ask.path["number"], said.mentions
    note, again = await tickets.add_note(ask.services, ask.actor, number, said.id, said.text, named=named)
    return JSON(note, 200 if again else 201)


@endpoint("PUT /tickets/{number:int}/spam", permission="spam.mark", audited={"spam.marked", "spam.unmarked"})
async def put_spam(ask: Ask[Spam]) -> tickets.MarkedTicket:
    """Put what the visitor said into quarantine, or take it out."""
    return await tickets.hold(ask.services, ask.actor, ask.path["number"], held=ask.body.spam)


@endpoint(
    "GET /tickets/{number:int}/events",
    permission="ticket.read",
    query=[LIMIT, CURSOR],
    audited={"transcript.viewed"},
)
async def list_entries(ask: Ask[None]) -> Listed[frames.SystemOut]:
    """Return what was done with it: assigned, solved, tagged and so on, by whom and when."""
    opened = await viewing.view_ticket(ask.services, ask.actor, ask.path["number"])
    after, limit = (ask.query(CURSOR) or (0,))[0], ask.query(LIMIT)
    found = await entries.page(ask.services, opened.contact.id, opened.ticket, after, limit + 1)
    return listed(found[:limit], (found[limit - 1].entry,) if len(found) > limit else None)


def _checked(said: S) -> S:
    if not seen(said.text) and not getattr(said, "attachments", ()):
        raise InvalidField("A message has a text or an attachment", field="text")
    if len(said.text) > frames.TEXT_CHARS:
        raise TooLarge(f"A text holds at most {frames.TEXT_CHARS} characters")
    return said
