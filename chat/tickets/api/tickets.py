"""Tickets over REST: the list, what is said in each, and what is done with it."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from msgspec import Meta, Struct
from starlette.responses import Response

from chat.core import frames
from chat.core.errors import InvalidField, TooLarge
from chat.core.model import Actor, Order
from chat.core.texts import seen
from chat.tickets.actions import posting, tickets, transcripts, viewing
from chat.tickets.domain import TicketQuery
from chat.tickets.sockets.context import chat_context_of
from chat.web.answers import JSON
from chat.web.endpoint import Ask, endpoint
from chat.web.lists import CURSOR, LIMIT, Listed, listed, numbers_of
from chat.web.requests import Parameter, choice, optional, switch, truth, uid

CURSORS: dict[Order, int] = {"updated": 2, "number": 1}
"""So many numbers are in a cursor."""


class Said(Struct, frozen=True, forbid_unknown_fields=True):
    """A message or note to store: the same `id` is stored once."""

    id: frames.ClientId
    text: Annotated[str, Meta(min_length=1)]


class SaidWithFiles(Said, frozen=True, forbid_unknown_fields=True):
    """A message, which may have attachments and then no text."""

    text: str
    attachments: frames.Attached = []


S = TypeVar("S", bound=Said)


class Spam(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a ticket is spam."""

    spam: bool


STATUS, TAG, ASSIGNEE, DEPARTMENT = optional("status"), optional("tag"), optional("assignee"), optional("department")
CONTACT: Parameter[str | None] = Parameter("contact", uid, None)
HELD: Parameter[bool | None] = Parameter("held", truth, None, {"type": "boolean"})
PLAIN = (STATUS, TAG, CONTACT, HELD)
POSITION = optional("cursor")
ORDER: Parameter[Order] = choice("order", "updated", "number", refusal="An order is one of updated, number")
OPEN_HELD = switch("held")


@endpoint(
    "GET /tickets",
    permission="ticket.read",
    query=[STATUS, ASSIGNEE, CONTACT, DEPARTMENT, TAG, HELD, ORDER, LIMIT, POSITION],
    audited={"tickets.listed"},
)
async def list_tickets(ask: Ask[None]) -> Listed[frames.TicketSummary]:
    """Return summaries, as the filters and the order say."""
    order = ask.query(ORDER)
    before = numbers_of(ask.query(POSITION), CURSORS[order])
    wanted = _wanted(ask)
    items, after = await tickets.page(ask.services, ask.actor, wanted, before, ask.query(LIMIT), order)
    return listed(items, after)


def _wanted(ask: Ask[None]) -> TicketQuery:
    """Read the filters. Raises InvalidField for what can fit no ticket, so that it is not taken for none of them."""
    plain: dict[str, Any] = {each.name: each.of(ask.request.query_params) for each in PLAIN}
    wanted = {name: value for name, value in plain.items() if value is not None}
    if (assignee := ask.query(ASSIGNEE)) is not None:
        wanted["assignee"] = _whom(assignee, ask.actor)
    if (department := ask.query(DEPARTMENT)) is not None:
        wanted["department"] = None if department == "none" else uid(department, "department")
    return TicketQuery(**wanted)


def _whom(value: str, actor: Actor) -> str | None:
    named: dict[str, str | None] = {"none": None, "me": actor.agent_id}
    return named[value] if value in named else uid(value, "assignee")


@endpoint("GET /tickets/{number:int}", permission="ticket.read", audited={"transcript.viewed"})
async def get_ticket(ask: Ask[None]) -> frames.TicketSummary:
    """Return the summary."""
    return await viewing.view_summary(ask.services, ask.actor, ask.path["number"])


@endpoint(
    "PATCH /tickets/{number:int}",
    permission="ticket.change",
    audited={"ticket.changed", "ticket.deleted", "ticket.restored"},
)
async def change_ticket(ask: Ask[dict[str, object]]) -> frames.TicketSummary:
    """Change its status, assignee, department or tags."""
    return await tickets.change(ask.services, ask.actor, ask.path["number"], ask.body)


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
async def post_message(ask: Ask[SaidWithFiles]) -> Response:
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
async def post_note(ask: Ask[Said]) -> Response:
    """Write a note: 201, or 200 where this id was stored before."""
    said = _checked(ask.body)
    note, again = await tickets.add_note(ask.services, ask.actor, ask.path["number"], said.id, said.text)
    return JSON(note, 200 if again else 201)


@endpoint("PUT /tickets/{number:int}/spam", permission="spam.mark", audited={"spam.marked", "spam.unmarked"})
async def put_spam(ask: Ask[Spam]) -> tickets.MarkedTicket:
    """Put what the visitor said into quarantine, or take it out."""
    return await tickets.hold(ask.services, ask.actor, ask.path["number"], held=ask.body.spam)


def _checked(said: S) -> S:
    if not seen(said.text) and not getattr(said, "attachments", ()):
        raise InvalidField("A message has a text or an attachment", field="text")
    if len(said.text) > frames.TEXT_CHARS:
        raise TooLarge(f"A text holds at most {frames.TEXT_CHARS} characters")
    return said
