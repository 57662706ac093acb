"""The page of one's own saved replies: adding, changing and deleting them."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from chat.canned_responses.pages import Drawn, drawn, typed, wrong
from chat.core.errors import ChangedMeanwhile, InvalidField, NotNow
from chat.core.versions import precondition, tag_of
from chat.own_responses import actions as responses
from chat.own_responses.actions import NewOwnResponse, OwnResponseChange
from chat.web.forms import Errors, Form, saved
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint

PAGE = "/profile/replies"
OWN = "own_response.own"
NEW = "new"


@page_endpoint("GET /profile/replies", permission=OWN, query=[SAVED])
async def show_own_responses(ask: PageAsk) -> Response:
    """Show them."""
    return await _page(ask)


@page_endpoint("POST /profile/replies", permission=OWN, audited={"own_response.added"})
async def add_own_response(ask: PageAsk) -> Response:
    """Keep one."""
    try:
        await responses.add(ask.services, ask.actor, NewOwnResponse(**_typed(ask.form)))
    except InvalidField as error:
        return await _page(ask, NEW, wrong(NEW, error), 422)
    except NotNow:
        return await _page(ask, NEW, {f"{NEW}-title": "own_responses.error.many"}, 409)
    return saved(PAGE)


@page_endpoint("POST /profile/replies/{id}", permission=OWN, audited={"own_response.changed"})
async def save_own_response(ask: PageAsk) -> Response:
    """Save one, unless it was changed elsewhere since the page was drawn."""
    uid, wanted = ask.path["id"], OwnResponseChange(**_typed(ask.form))
    try:
        await responses.change(ask.services, ask.actor, uid, wanted, precondition(ask.form.get("state")))
    except InvalidField as error:
        return await _page(ask, uid, wrong(uid, error), 422)
    except ChangedMeanwhile as error:
        return await _page(ask, uid, {f"{uid}-title": "canned.error.changed"}, error.status)
    return saved(PAGE)


@page_endpoint("POST /profile/replies/{id}/delete", permission=OWN, audited={"own_response.deleted"})
async def drop_own_response(ask: PageAsk) -> Response:
    """Delete one."""
    await responses.delete(ask.services, ask.actor, ask.path["id"])
    return saved(PAGE)


def _typed(form: Form) -> dict[str, Any]:
    """Return what was typed: it is of no department."""
    return {name: value for name, value in typed(form).items() if name != "department"}


async def _page(ask: PageAsk, of: str = "", errors: Errors | None = None, status: int = 200) -> Response:
    """Show the page. What was typed for the one `of` which something is wrong stays in its fields."""
    found = await responses.list_own(ask.services, ask.actor)
    states = {each.id: tag_of(each) for each in found}
    shown = Drawn("own-responses.html", PAGE, sorted(found, key=lambda each: each.shortcut), states)
    return drawn(ask, shown, of, errors or {}, status, departments=[])
