"""REST, `/api/v1`: tickets, contacts, notices and agents for programs and for the inbox."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from chat import frames
from chat.actions import accounts, agents, attachments, consent, contacts, erasure, tickets, transcripts
from chat.actions.portable import portable
from chat.clock import stamp
from chat.errors import InvalidField, TooLarge
from chat.model import Actor, Notice, NoticeText
from chat.web.doors import JSON, actor_of, body_of, doors_of, limit_of, standard_of


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


class NewNotice(Struct, frozen=True, forbid_unknown_fields=True):
    """A notice to publish: one text for each language."""

    texts: list[NoticeText]


async def list_tickets(request: Request) -> Response:
    """`GET /tickets`."""
    actor, desk = await actor_of(request), doors_of(request).desk
    query = request.query_params
    wanted: dict[str, Any] = {}
    if "status" in query:
        wanted["status"] = query["status"]
    if "assignee" in query:
        named = {"me": actor.agent_id, "none": None}
        wanted["assignee"] = named.get(query["assignee"], query["assignee"])
    if "contact" in query:
        wanted["contact"] = query["contact"]
    if "held" in query:
        wanted["held"] = _truth(query["held"], "held")
    before = _cursor(query.get("cursor"), 2)
    items, after = await tickets.page(desk, actor, wanted, before, limit_of(request))
    return _page(items, after)


async def get_ticket(request: Request) -> Response:
    """`GET /tickets/{number}`."""
    actor = await actor_of(request)
    return JSON((await tickets.one(doors_of(request).desk, actor, _number(request))).summary)


async def change_ticket(request: Request) -> Response:
    """`PATCH /tickets/{number}`."""
    actor = await actor_of(request)
    values = await body_of(request, dict[str, Any])
    return JSON(await tickets.change(doors_of(request).desk, actor, _number(request), values))


async def list_messages(request: Request) -> Response:
    """`GET /tickets/{number}/messages`; `?held=true` opens the quarantine of this ticket."""
    actor, desk = await actor_of(request), doors_of(request).desk
    opened = await tickets.one(desk, actor, _number(request))
    if _truth(request.query_params.get("held", "false"), "held"):
        return _page(await transcripts.held(desk, opened.contact.id, opened.ticket), None)
    after, limit = (_cursor(request.query_params.get("cursor"), 1) or (0,))[0], limit_of(request)
    found = await transcripts.messages(desk, opened.contact.id, opened.ticket, after, agents=True, limit=limit + 1)
    return _page(found[:limit], (found[limit - 1].seq,) if len(found) > limit else None)


async def post_message(request: Request) -> Response:
    """`POST /tickets/{number}/messages`: 201, or 200 where this id was stored before."""
    actor, doors = await actor_of(request), doors_of(request)
    said = await _said(request, SaidWithFiles)
    opened = await tickets.one(doors.desk, actor, _number(request))
    shown = await attachments.named(doors.desk, opened.contact, "agent", said.attachments)
    draft = tickets.answer(actor, opened, said.id, said.text, doors.desk.clock())
    draft.attachments, draft.shown = tuple(said.attachments), shown
    stored = await doors.postbox.post(draft)
    found = await transcripts.messages(
        doors.desk, opened.contact.id, opened.ticket, stored.seq - 1, agents=True, limit=1
    )
    return JSON(found[0], 200 if stored.repeated else 201)


async def list_notes(request: Request) -> Response:
    """`GET /tickets/{number}/notes`."""
    actor, desk = await actor_of(request), doors_of(request).desk
    opened = await tickets.one(desk, actor, _number(request))
    after, limit = (_cursor(request.query_params.get("cursor"), 1) or (0,))[0], limit_of(request)
    found = await transcripts.notes(desk, opened.contact.id, opened.ticket, after, limit + 1)
    return _page(found[:limit], (found[limit - 1].note,) if len(found) > limit else None)


async def post_note(request: Request) -> Response:
    """`POST /tickets/{number}/notes`: 201, or 200 where this id was stored before."""
    actor = await actor_of(request)
    said = await _said(request)
    note, again = await tickets.add_note(doors_of(request).desk, actor, _number(request), said.id, said.text)
    return JSON(note, 200 if again else 201)


async def put_spam(request: Request) -> Response:
    """`PUT /tickets/{number}/spam`: into quarantine, or out of it."""
    actor = await actor_of(request)
    body = await body_of(request, Spam)
    return JSON(await tickets.hold(doors_of(request).desk, actor, _number(request), held=body.spam))


async def list_contacts(request: Request) -> Response:
    """`GET /contacts`; `?email=` finds by the whole address."""
    actor = await actor_of(request)
    after, limit = (_cursor(request.query_params.get("cursor"), 1) or (0,))[0], limit_of(request)
    email = request.query_params.get("email")
    items, last = await contacts.page(doors_of(request).desk, actor, email, after, limit)
    return _page(items, last)


async def get_contact(request: Request) -> Response:
    """`GET /contacts/{id}`."""
    actor = await actor_of(request)
    return JSON(await contacts.one(doors_of(request).desk, actor, request.path_params["id"]))


async def erase_contact(request: Request) -> Response:
    """`DELETE /contacts/{id}`: files an erasure, 202."""
    actor = await actor_of(request)
    erasure_id = await erasure.by_agent(doors_of(request).desk, actor, request.path_params["id"])
    return JSON({"erasure_id": erasure_id}, 202)


async def list_consents(request: Request) -> Response:
    """`GET /contacts/{id}/consents`: the receipts, withdrawn ones too; `?format=ts27560` in that standard's terms."""
    actor, desk = await actor_of(request), doors_of(request).desk
    ledger = await contacts.ledger(desk, actor, request.path_params["id"])
    found = [consent.signed({"document": each.document, "signature": each.signature}) for each in ledger]
    return _page([portable(desk, each["receipt"]) for each in found] if standard_of(request) else found, None)


async def list_notices(request: Request) -> Response:
    """`GET /notices`, newest first."""
    actor, desk = await actor_of(request), doors_of(request).desk
    live = (await accounts.account(desk, actor)).notice_version
    return _page([_notice(each, live) for each in await consent.notices(desk, actor)], None)


async def post_notice(request: Request) -> Response:
    """`POST /notices`: publishes a new version, 201."""
    actor = await actor_of(request)
    body = await body_of(request, NewNotice)
    notice = await consent.publish(doors_of(request).desk, actor, body.texts)
    return JSON(_notice(notice, notice.version), 201)


async def list_agents(request: Request) -> Response:
    """`GET /agents`; addresses only for those who manage."""
    actor = await actor_of(request)
    return _page([_agent(each, actor) for each in await agents.agents(doors_of(request).desk, actor)], None)


async def list_sites(request: Request) -> Response:
    """`GET /sites`."""
    actor = await actor_of(request)
    return _page(await accounts.sites(doors_of(request).desk, actor), None)


async def get_account(request: Request) -> Response:
    """`GET /account`."""
    actor = await actor_of(request)
    return JSON(await accounts.account(doors_of(request).desk, actor))


async def change_account(request: Request) -> Response:
    """`PATCH /account`: `name`, `message_rate`, `grace_days`, `consent_days`."""
    actor = await actor_of(request)

    class Change(Struct, forbid_unknown_fields=True, omit_defaults=True):
        name: str | msgspec.UnsetType = msgspec.UNSET
        message_rate: int | msgspec.UnsetType = msgspec.UNSET
        grace_days: int | msgspec.UnsetType = msgspec.UNSET
        consent_days: int | msgspec.UnsetType = msgspec.UNSET

    values = msgspec.structs.asdict(await body_of(request, Change))
    given = {name: value for name, value in values.items() if value is not msgspec.UNSET}
    return JSON(await accounts.change_account(doors_of(request).desk, actor, **given))


async def _said(request: Request, kind: type[Said] = Said) -> Any:
    said = await body_of(request, kind)
    if not said.text and not getattr(said, "attachments", ()):
        raise InvalidField("A message has a text or an attachment", field="text")
    if len(said.text) > frames.TEXT_CHARS:
        raise TooLarge(f"A text holds at most {frames.TEXT_CHARS} characters")
    return said


def _number(request: Request) -> int:
    number: int = request.path_params["number"]
    return number


def _truth(value: str, field: str) -> bool:
    if value not in {"true", "false"}:
        raise InvalidField("Say true or false", field=field)
    return value == "true"


def _cursor(value: str | None, length: int) -> Any:
    if not value:
        return None
    try:
        numbers = msgspec.json.decode(base64.urlsafe_b64decode(value), type=tuple[int, ...])
    except (binascii.Error, msgspec.MsgspecError, ValueError):
        numbers = ()
    if len(numbers) != length:
        raise InvalidField("This cursor is not one of ours; begin without", field="cursor")
    return numbers


def _page(items: list[Any], after: tuple[int, ...] | None) -> Response:
    cursor = None if after is None else base64.urlsafe_b64encode(msgspec.json.encode(after)).decode()
    return JSON({"items": items, "next": cursor})


def _notice(notice: Notice, live: int | None) -> dict[str, Any]:
    return {
        "version": notice.version,
        "published_at": stamp(notice.published_at),
        "live": notice.version == live,
        "texts": list(notice.texts.values()),
    }


def _agent(agent: Any, actor: Actor) -> dict[str, Any]:
    shown = {
        "id": agent.id,
        "name": agent.name,
        "role": agent.role,
        "status": "active" if agent.active else "deactivated",
    }
    return shown | {"email": agent.email} if actor.manages else shown
