"""
Search over REST: the answer is `application/x-ndjson`, a line at a time while it is found.

What people look for is personal, and addresses are in logs of proxies: our own page asks by `POST`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from starlette.responses import Response, StreamingResponse

from chat.core.folding import SearchTerms
from chat.search.actions import search
from chat.search.actions.ahead import Ahead
from chat.search.actions.search import RunningSearch
from chat.search.domain import HITS, HITS_MOST, Line, SearchRequest, period_of
from chat.tickets.actions.matching import Sought
from chat.tickets.actions.tagging import tag_id
from chat.tickets.domain import SearchScope, TicketQuery, tag_of
from chat.web.endpoint import Ask, endpoint
from chat.web.requests import Parameter, number, optional, text, truth, uid

NDJSON = "application/x-ndjson"
Q = text("q")
HELD: Parameter[bool | None] = Parameter("held", truth, None, {"type": "boolean"})
LIMIT: Parameter[int] = Parameter(
    "limit",
    lambda value, name: number(value, name, 1, HITS_MOST),
    HITS,
    {"type": "integer", "minimum": 1, "maximum": HITS_MOST, "default": HITS},
)
WORDS = ("status", "assignee", "department", "tag", "site", "contact", "since", "until")
PARAMETERS: tuple[Parameter[Any], ...] = (Q, *(optional(name) for name in WORDS), HELD, LIMIT)


@endpoint("GET /search", permission="ticket.read", query=PARAMETERS, audited={"tickets.searched", "quarantine.viewed"})
async def get_search(ask: Ask[None]) -> Response:
    """
    Find words in messages, notes, names, addresses, tags and numbers, newest first, a line each while it runs.

    Case, accents and width make no difference. Between the hits are lines with how far back was searched, the last one
    says whether that was all. Where it was not, `until` goes on from there. The trash and the quarantine are searched
    too, and marked. A program whose addresses are logged asks by `POST`.
    """
    given = {each.name: value for each in PARAMETERS if (value := ask.query(each)) is not None}
    return await _answer(ask, SearchRequest(**given))


@endpoint("POST /search", permission="ticket.read", audited={"tickets.searched", "quarantine.viewed"})
async def post_search(ask: Ask[SearchRequest]) -> Response:
    """Find as `GET` does, with what is looked for in the body, where no log of addresses has it."""
    return await _answer(ask, ask.body)


async def _answer(ask: Ask[Any], asked: SearchRequest) -> Response:
    held, period = None if asked.held is UNSET else asked.held, period_of(asked)
    sought = Sought(SearchTerms.of(asked.q), addresses=True, held=held, period=period)
    site = asked.site if asked.site is UNSET else uid(asked.site, "site")
    scope = SearchScope(_wanted(ask, asked), site, period)
    lines = await search.begin(
        RunningSearch(ask.services, ask.actor, scope, sought, asked.limit, Ahead(2 * asked.limit))
    )
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff", "x-accel-buffering": "no"}
    return StreamingResponse(_encoded(lines), headers=headers, media_type=NDJSON)


async def _encoded(lines: AsyncIterator[Line]) -> AsyncIterator[bytes]:
    async for line in lines:
        yield msgspec.json.encode(line) + b"\n"


def _wanted(ask: Ask[Any], asked: SearchRequest) -> TicketQuery:
    """Read the filters. Raises InvalidField for what can fit no ticket."""
    made: dict[str, Any] = {} if asked.held is UNSET else {"held": asked.held}
    if asked.status is not UNSET:
        made["status"] = asked.status
    if asked.tag is not UNSET:
        made["tag"] = tag_id(ask.services, ask.actor.account_id, tag_of(asked.tag, "tag"))
    if asked.contact is not UNSET:
        made["contact"] = uid(asked.contact, "contact")
    made |= _named("assignee", asked.assignee, {"none": None, "me": ask.actor.agent_id})
    made |= _named("department", asked.department, {"none": None})
    return TicketQuery(**made)


def _named(name: str, value: str | UnsetType, words: Mapping[str, str | None]) -> dict[str, str | None]:
    if value is UNSET:
        return {}
    return {name: words[value] if value in words else uid(value, name)}
