"""Agents signing in and out."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from chat.actions.team import agents
from chat.errors import LetheError, RateLimited, TooLarge, Unauthorized
from chat.web.doors import BODY_MOST, COOKIE, actor_of, doors_of, network_of, own_origin, own_page
from chat.web.html import pages
from chat.web.parameters import takes

FIELDS_MOST = 300


def routes() -> list[Route]:
    """Return the routes of signing in and out."""
    return [
        Route("/signin", sign_in_page),
        Route("/signin", sign_in, methods=["POST"]),
        Route("/signout", sign_out, methods=["POST"]),
    ]


@takes("next")
async def sign_in_page(request: Request) -> Response:
    """`GET /signin`."""
    try:
        await actor_of(request)
    except LetheError:
        return pages.page(
            request,
            "signin.html",
            error=None,
            email="",
            next=_next(request.query_params.get("next", "")),
        )
    return RedirectResponse("/inbox", 303)


async def sign_in(request: Request) -> Response:
    """`POST /signin`: sets the session's cookie, or shows the form again with what was typed."""
    own_page(request)
    doors, form = doors_of(request), await form_of(request)
    email, after = form.get("email", ""), _next(form.get("next", ""))
    try:
        secret = await agents.sign_in(doors.desk, email, form.get("password", ""), network_of(request))
    except (Unauthorized, RateLimited) as error:
        shown = pages.page(request, "signin.html", error=error.code, email=email, next=after)
        shown.status_code = error.status
        return shown
    answer = RedirectResponse(after, 303)
    answer.set_cookie(
        COOKIE,
        doors.desk.tokens.cookie(secret),
        max_age=agents.SESSION_DAYS * 86_400,
        secure=own_origin(request).startswith("https"),
        httponly=True,
        samesite="lax",
    )
    return answer


async def sign_out(request: Request) -> Response:
    """`POST /signout`: ends the session everywhere it is used."""
    actor = await actor_of(request, csrf=False)
    await agents.sign_out(doors_of(request).desk, actor)
    answer = RedirectResponse("/signin", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return answer


async def form_of(request: Request) -> dict[str, str]:
    """Read a form's fields, the last of each name; TooLarge where it is over the limit of a body."""
    return dict(await fields_of(request))


async def fields_of(request: Request) -> list[tuple[str, str]]:
    """Read a form's fields in their order; TooLarge where it is over the limit of a body."""
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > BODY_MOST:
            raise TooLarge(f"A form holds at most {BODY_MOST} bytes")
    return parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FIELDS_MOST)


def _next(path: str) -> str:
    """Return where to go after signing in: a page of this server, nothing else."""
    fine = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if fine else "/inbox"
