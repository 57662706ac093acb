"""The quarantine as a page, for every agent: what is held and why, and one word on many messages."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from chat.core.errors import InvalidField
from chat.spam_filter.actions import quarantine
from chat.spam_filter.api import numbers_of, position_of, sort_of
from chat.spam_filter.pages.chips import chip
from chat.web.context import context_of
from chat.web.forms import posted_fields
from chat.web.lists import cursor_in
from chat.web.pages import page, reader_of
from chat.web.parameters import number, takes

SHOWN = 50
WORDS = ("release", "confirm", "return")


def routes() -> list[Route]:
    """Return the page, and what its forms post to."""
    return [Route("/admin/quarantine", show), Route("/admin/quarantine", judge, methods=["POST"])]


@takes("sort", "cursor", "none", "release", "confirm", "return", "count")
async def show(request: Request) -> Response:
    """`GET /admin/quarantine`: the held messages, a page at a time."""
    who, services = await reader_of(request), context_of(request).services
    sort = sort_of(request)
    items, after = await quarantine.page(services, who.actor, sort, position_of(request), SHOWN)
    more: dict[str, Any] = {
        "items": items,
        "chip": chip,
        "sort": sort,
        "next": None if after is None else cursor_in(numbers_of(after)),
        "first": "cursor" not in request.query_params,
        "waiting": await quarantine.count(services, who.actor),
        "done": _done(request),
    }
    return page(request, "admin-quarantine.html", who, errors={}, saved=False, **more)


@takes("sort")
async def judge(request: Request) -> Response:
    """`POST /admin/quarantine`: an agent's word on every ticked message; the page after it can take it back."""
    who, fields = await posted_fields(request)
    said, sort = dict(fields), sort_of(request)
    word: Any = said.get("word", "")
    refs = [_ref(value) for name, value in fields if name == "held"][: quarantine.MOST]
    if word not in WORDS:
        raise InvalidField("Say release, confirm or return", field="word")
    if not refs:
        return RedirectResponse(f"/admin/quarantine?sort={sort}&none=1", 303)
    count = await quarantine.judge(context_of(request).services, who.actor, word, refs)
    named = ",".join(f"{number}-{seq}" for number, seq in refs)
    return RedirectResponse(f"/admin/quarantine?sort={sort}&{word}={named}&count={count}", 303)


def _done(request: Request) -> dict[str, Any] | None:
    """Return what was just done, with the messages it was done to, so that it can be taken back."""
    query = request.query_params
    if "none" in query:
        return {"word": "none", "places": [], "count": 0}
    for word in WORDS:
        if word in query:
            refs = query[word].split(",")[: quarantine.MOST]
            for each in refs:
                _ref(each)
            return {"word": word, "places": refs, "count": number(query.get("count", "0"), "count")}
    return None


def _ref(value: str) -> tuple[int, int]:
    """Return the ticket's number and the message's own. Raises InvalidField."""
    ticket, _, seq = value.partition("-")
    return number(ticket, "held"), number(seq, "held")
