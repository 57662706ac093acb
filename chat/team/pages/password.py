"""An agent's own password as a page; here they also learn that others tried to sign in as them."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from chat.core.errors import InvalidField, RateLimited
from chat.team.actions import credentials
from chat.team.pages.session import next_of
from chat.web.context import context_of
from chat.web.forms import Errors, form_of, require_own_form
from chat.web.pages import Reader, page, reader_of
from chat.web.parameters import takes


def routes() -> list[Route]:
    """Return the page and what its form posts to."""
    return [Route("/password", show), Route("/password", change, methods=["POST"])]


@takes("next", "saved")
async def show(request: Request) -> Response:
    """`GET /password`."""
    who = await reader_of(request, due=True)
    return await _page(request, who, next_of(request.query_params.get("next", "")), {})


async def change(request: Request) -> Response:
    """`POST /password`: change it, and go on to where one was going."""
    who, form = await reader_of(request, due=True), await form_of(request)
    require_own_form(form.get("csrf", ""), who)
    after, new = next_of(form.get("next", "")), form.get("password", "")
    if new != form.get("again", ""):
        return await _page(request, who, after, {"again": "password.error.again"}, 422)
    try:
        await credentials.change(context_of(request).services, who.actor, form.get("old", ""), new)
    except InvalidField as error:
        field = str(error.extra["field"])
        return await _page(request, who, after, {field: f"password.error.{error.extra.get('why', field)}"}, 422)
    except RateLimited as error:
        return await _page(request, who, after, {"whole": "signin.error.rate_limited"}, error.status)
    return RedirectResponse(f"/password?saved=1&next={quote(after)}", 303)


async def _page(request: Request, who: Reader, after: str, errors: Errors, status: int = 200) -> Response:
    stands = await credentials.standing(context_of(request).services, who.actor)
    return page(
        request,
        "password.html",
        who,
        status,
        errors=errors,
        failed=0 if errors else stands.failed,
        due=stands.due,
        saved="saved" in request.query_params,
        next=after,
    )
