"""An agent's own password as a page. Here they also learn that others tried to sign in as them."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from chat.core.errors import InvalidField, RateLimited
from chat.team.actions import credentials
from chat.team.pages.session import NEXT, next_of
from chat.web.forms import Errors
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint


@page_endpoint("GET /password", audience="agent", query=[NEXT, SAVED], due=True)
async def show(ask: PageAsk) -> Response:
    """Show the form."""
    return await _page(ask, next_of(ask.query(NEXT)), {})


@page_endpoint("POST /password", audience="agent", due=True, audited={"agent.password_changed"})
async def change(ask: PageAsk) -> Response:
    """Change it, and go on to where one was going."""
    form = ask.form
    after, new = next_of(form.get("next", "")), form.get("password", "")
    if new != form.get("again", ""):
        return await _page(ask, after, {"again": "password.error.again"}, 422)
    try:
        await credentials.change(ask.services, ask.actor, form.get("old", ""), new)
    except InvalidField as error:
        field = str(error.extra["field"])
        return await _page(ask, after, {field: f"password.error.{error.extra.get('why', field)}"}, 422)
    except RateLimited as error:
        return await _page(ask, after, {"whole": "signin.error.rate_limited"}, error.status)
    return RedirectResponse(f"/password?saved=1&next={quote(after)}", 303)


async def _page(ask: PageAsk, after: str, errors: Errors, status: int = 200) -> Response:
    stands = await credentials.standing(ask.services, ask.actor)
    failed = 0 if errors else stands.failed
    return ask.page("password.html", status, errors=errors, failed=failed, due=stands.due, next=after)
