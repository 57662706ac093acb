"""The quarantine as a page, for every agent: what is held and why, and one word on many messages."""

from __future__ import annotations

from typing import Any

from starlette.responses import RedirectResponse, Response

from chat.core.errors import InvalidField
from chat.quarantine import actions as quarantine
from chat.quarantine.api import POSITION, SORT, numbers_of
from chat.quarantine.pages.chips import chip
from chat.web.lists import cursor_in
from chat.web.page_endpoint import PageAsk, page_endpoint
from chat.web.requests import Parameter, flag, number, optional

SHOWN = 50
WORDS = ("release", "confirm", "return")


NONE = flag("none")
DONE = {word: optional(word) for word in WORDS}
COUNT = Parameter("count", number, 0, {"type": "integer"})


@page_endpoint(
    "GET /admin/quarantine",
    permission="quarantine.read",
    query=[SORT, POSITION, NONE, *DONE.values(), COUNT],
    audited={"quarantine.viewed"},
)
async def show(ask: PageAsk) -> Response:
    """Show the held messages, a page at a time."""
    sort = ask.query(SORT)
    items, after = await quarantine.page(ask.services, ask.actor, sort, ask.query(POSITION), SHOWN)
    more: dict[str, Any] = {
        "items": items,
        "chip": chip,
        "sort": sort,
        "next": None if after is None else cursor_in(numbers_of(after)),
        "first": POSITION.name not in ask.request.query_params,
        "waiting": await quarantine.count(ask.services, ask.actor),
        "done": _done(ask),
    }
    return ask.page("admin-quarantine.html", **more)


@page_endpoint(
    "POST /admin/quarantine",
    permission="spam.mark",
    query=[SORT],
    audited={"spam.marked", "spam.unmarked", "spam.returned"},
)
async def judge(ask: PageAsk) -> Response:
    """Take an agent's word on every ticked message. The page after it can take it back."""
    sort = ask.query(SORT)
    word: Any = ask.form.get("word", "")
    refs = [_ref(value) for name, value in ask.fields if name == "held"][: quarantine.MOST]
    if word not in WORDS:
        raise InvalidField("Say release, confirm or return", field="word")
    if not refs:
        return RedirectResponse(f"/admin/quarantine?sort={sort}&none=1", 303)
    count = await quarantine.judge(ask.services, ask.actor, word, refs)
    named = ",".join(f"{number}-{seq}" for number, seq in refs)
    return RedirectResponse(f"/admin/quarantine?sort={sort}&{word}={named}&count={count}", 303)


def _done(ask: PageAsk) -> dict[str, Any] | None:
    """Return what was just done, with the messages it was done to, so that it can be taken back."""
    if ask.query(NONE):
        return {"word": "none", "places": [], "count": 0}
    for word, parameter in DONE.items():
        if (said := ask.query(parameter)) is not None:
            refs = said.split(",")[: quarantine.MOST]
            for each in refs:
                _ref(each)
            return {"word": word, "places": refs, "count": ask.query(COUNT)}
    return None


def _ref(value: str) -> tuple[int, int]:
    """Return the ticket's number and the message's own. Raises InvalidField."""
    ticket, _, seq = value.partition("-")
    return number(ticket, "held"), number(seq, "held")
