"""The page of one's own saved replies: adding, changing and deleting them."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from chat.canned_responses.pages import NEW, Drawn, RepliesPage, drawn, typed
from chat.core.versions import precondition, tag_of
from chat.own_responses import actions as responses
from chat.own_responses.actions import NewOwnResponse, OwnResponseChange
from chat.web.forms import Errors, Form, saved
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint

PAGE = "/profile/replies"
OWN = "own_response.own"


@page_endpoint("GET /profile/replies", permission=OWN, query=[SAVED])
async def show_own_responses(ask: PageAsk) -> Response:
    """Show them."""
    return await _page(ask, "", {}, 200)


@page_endpoint("POST /profile/replies", permission=OWN, audited={"own_response.added"})
async def add_own_response(ask: PageAsk) -> Response:
    """Keep one."""
    wanted = NewOwnResponse(**_typed(ask.form))
    return await REPLIES.after(ask, NEW, responses.add(ask.services, ask.actor, wanted))


@page_endpoint("POST /profile/replies/{id}", permission=OWN, audited={"own_response.changed"})
async def save_own_response(ask: PageAsk) -> Response:
    """Save one, unless it was changed elsewhere since the page was drawn."""
    uid, wanted, state = ask.path["id"], OwnResponseChange(**_typed(ask.form)), precondition(ask.form.get("state"))
    return await REPLIES.after(ask, uid, responses.change(ask.services, ask.actor, uid, wanted, state))


@page_endpoint("POST /profile/replies/{id}/delete", permission=OWN, audited={"own_response.deleted"})
async def drop_own_response(ask: PageAsk) -> Response:
    """Delete one."""
    await responses.delete(ask.services, ask.actor, ask.path["id"])
    return saved(PAGE)


def _typed(form: Form) -> dict[str, Any]:
    """Return what was typed: it is of no department."""
    return {name: value for name, value in typed(form).items() if name != "department"}


async def _page(ask: PageAsk, of: str, errors: Errors, status: int) -> Response:
    """Show the page. What was typed for the one `of` which something is wrong stays in its fields."""
    found = await responses.list_own(ask.services, ask.actor)
    states = {each.id: tag_of(each) for each in found}
    ordered = sorted(found, key=lambda each: each.shortcut)
    shown = Drawn("own-responses.html", PAGE, "/own-responses", ordered, states)
    return drawn(ask, shown, of, errors, status, departments=[])


REPLIES = RepliesPage(PAGE, "own_responses.error.many", _page)
