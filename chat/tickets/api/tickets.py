"""Tickets over REST: the list, what is said in each, and what is done with it."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.attachments.actions import attachments
from chat.core import frames
from chat.core.errors import InvalidField, TooLarge
from chat.core.model import Actor, Order
from chat.core.texts import seen
from chat.tickets.actions import tickets, transcripts, viewing
from chat.tickets.sockets.context import chat_doors_of
from chat.web.answers import JSON
from chat.web.authentication import actor_of
from chat.web.context import context_of
from chat.web.lists import cursor_of, listed, order_of
from chat.web.parameters import takes, truth, uid
from chat.web.requests import body_of, limit_of

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


class Spam(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a ticket is spam."""

    spam: bool


def routes() -> list[Route]:
    """Return the routes of `/api/v1/tickets`."""
    return [
        Route("/tickets", list_tickets),
        Route("/tickets/{number:int}", get_ticket),
        Route("/tickets/{number:int}", change_ticket, methods=["PATCH"]),
        Route("/tickets/{number:int}/messages", list_messages),
        Route("/tickets/{number:int}/messages", post_message, methods=["POST"]),
        Route("/tickets/{number:int}/notes", list_notes),
        Route("/tickets/{number:int}/notes", post_note, methods=["POST"]),
        Route("/tickets/{number:int}/spam", put_spam, methods=["PUT"]),
    ]


@takes("status", "assignee", "contact", "department", "tag", "held", "order", "limit", "cursor")
async def list_tickets(request: Request) -> Response:
    """`GET /tickets`."""
    actor, services = await actor_of(request), context_of(request).services
    query = request.query_params
    order = order_of(request, "updated", "number")
    before = cursor_of(query.get("cursor"), CURSORS[order])
    items, after = await tickets.page(services, actor, _wanted(query, actor), before, limit_of(request), order)
    return listed(items, after)


def _wanted(query: QueryParams, actor: Actor) -> dict[str, Any]:
    """Read the filters. Raises InvalidField for what can fit no ticket, so that it is not taken for none of them."""
    wanted: dict[str, Any] = {name: query[name] for name in ("status", "tag") if name in query}
    if "assignee" in query:
        wanted["assignee"] = _whom(query["assignee"], actor)
    if "department" in query:
        wanted["department"] = None if query["department"] == "none" else uid(query["department"], "department")
    if "contact" in query:
        wanted["contact"] = uid(query["contact"], "contact")
    if "held" in query:
        wanted["held"] = truth(query["held"], "held")
    return wanted


def _whom(value: str, actor: Actor) -> str | None:
    named: dict[str, str | None] = {"none": None, "me": actor.agent_id}
    return named[value] if value in named else uid(value, "assignee")


async def get_ticket(request: Request) -> Response:
    """`GET /tickets/{number}`."""
    actor = await actor_of(request)
    return JSON((await viewing.view_ticket(context_of(request).services, actor, _number(request))).summary)


async def change_ticket(request: Request) -> Response:
    """`PATCH /tickets/{number}`."""
    actor = await actor_of(request)
    values = await body_of(request, dict[str, Any])
    return JSON(await tickets.change(context_of(request).services, actor, _number(request), values))


@takes("held", "limit", "cursor")
async def list_messages(request: Request) -> Response:
    """`GET /tickets/{number}/messages`; `?held=true` opens the quarantine of this ticket."""
    actor, services = await actor_of(request), context_of(request).services
    if truth(request.query_params.get("held", "false"), "held"):
        return listed(await viewing.view_quarantine(services, actor, _number(request)), None)
    opened = await viewing.view_ticket(services, actor, _number(request))
    after, limit = (cursor_of(request.query_params.get("cursor"), 1) or (0,))[0], limit_of(request)
    found = await transcripts.messages(services, opened.contact.id, opened.ticket, after, agents=True, limit=limit + 1)
    return listed(found[:limit], (found[limit - 1].seq,) if len(found) > limit else None)


async def post_message(request: Request) -> Response:
    """`POST /tickets/{number}/messages`: 201, or 200 where this id was stored before."""
    actor, context = await actor_of(request), chat_doors_of(request)
    said = await _said(request, SaidWithFiles)
    opened = await tickets.one(context.services, actor, _number(request))
    shown = await attachments.list_named(context.services, opened.contact, "agent", said.attachments)
    draft = tickets.answer(actor, opened, said.id, said.text, context.services.clock())
    draft.attachments, draft.shown = tuple(said.attachments), shown
    stored = await context.postbox.post(draft)
    found = await transcripts.messages(
        context.services, opened.contact.id, opened.ticket, stored.seq - 1, agents=True, limit=1
    )
    return JSON(found[0], 200 if stored.repeated else 201)


@takes("limit", "cursor")
async def list_notes(request: Request) -> Response:
    """`GET /tickets/{number}/notes`."""
    actor, services = await actor_of(request), context_of(request).services
    opened = await viewing.view_ticket(services, actor, _number(request))
    after, limit = (cursor_of(request.query_params.get("cursor"), 1) or (0,))[0], limit_of(request)
    found = await transcripts.notes(services, opened.contact.id, opened.ticket, after, limit + 1)
    return listed(found[:limit], (found[limit - 1].note,) if len(found) > limit else None)


async def post_note(request: Request) -> Response:
    """`POST /tickets/{number}/notes`: 201, or 200 where this id was stored before."""
    actor = await actor_of(request)
    said = await _said(request)
    note, again = await tickets.add_note(context_of(request).services, actor, _number(request), said.id, said.text)
    return JSON(note, 200 if again else 201)


async def put_spam(request: Request) -> Response:
    """`PUT /tickets/{number}/spam`: into quarantine, or out of it."""
    actor = await actor_of(request)
    body = await body_of(request, Spam)
    return JSON(await tickets.hold(context_of(request).services, actor, _number(request), held=body.spam))


async def _said(request: Request, kind: type[Said] = Said) -> Any:
    said = await body_of(request, kind)
    if not seen(said.text) and not getattr(said, "attachments", ()):
        raise InvalidField("A message has a text or an attachment", field="text")
    if len(said.text) > frames.TEXT_CHARS:
        raise TooLarge(f"A text holds at most {frames.TEXT_CHARS} characters")
    return said


def _number(request: Request) -> int:
    number: int = request.path_params["number"]
    return number
