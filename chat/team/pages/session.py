"""Agents signing in and out."""

from __future__ import annotations

from urllib.parse import quote

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from chat.core.errors import LetheError, RateLimited, Unauthorized
from chat.core.tokens import DEVICE_DAYS
from chat.team.actions import agents
from chat.web import pages
from chat.web.authentication import COOKIE, DEVICE, actor_of, cookie_name, cookie_of, require_own_page
from chat.web.context import context_of
from chat.web.forms import form_of
from chat.web.network import network_of, secure
from chat.web.parameters import takes

log = structlog.get_logger("chat.session")


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
        await actor_of(request, due=True)
    except LetheError:
        return pages.page(
            request,
            "signin.html",
            error=None,
            email="",
            next=next_of(request.query_params.get("next", "")),
        )
    return RedirectResponse("/inbox", 303)


async def sign_in(request: Request) -> Response:
    """`POST /signin`: sets the session's cookie, or shows the form again with what was typed."""
    require_own_page(request)
    context, form = context_of(request), await form_of(request)
    email, after = form.get("email", ""), next_of(form.get("next", ""))
    network = network_of(request)
    try:
        made = await agents.sign_in(
            context.services, email, form.get("password", ""), network, cookie_of(request, DEVICE)
        )
    except (Unauthorized, RateLimited) as error:
        # No address, not even as a hash: what was typed there may be a password.
        context.metrics.failed_sign_ins.labels(error.code).inc()
        log.warning("sign-in failed", why=error.code, network=network.near)
        shown = pages.page(request, "signin.html", error=error.code, email=email, next=after)
        shown.status_code = error.status
        return shown
    look_first = made.password_due or made.failed
    answer = RedirectResponse(f"/password?next={quote(after)}" if look_first else after, 303)
    _give(request, answer, COOKIE, context.services.tokens.cookie(made.secret), agents.SESSION_DAYS)
    _give(request, answer, DEVICE, made.device, DEVICE_DAYS)
    return answer


async def sign_out(request: Request) -> Response:
    """`POST /signout`: ends the session everywhere it is used."""
    actor = await actor_of(request, csrf=False, due=True)
    await agents.sign_out(context_of(request).services, actor)
    answer = RedirectResponse("/signin", 303)
    answer.delete_cookie(cookie_name(request, COOKIE), secure=secure(request), httponly=True, samesite="lax")
    return answer


def _give(request: Request, answer: Response, cookie: str, value: str, days: int) -> None:
    answer.set_cookie(
        cookie_name(request, cookie),
        value,
        max_age=days * 86_400,
        secure=secure(request),
        httponly=True,
        samesite="lax",
    )


def next_of(path: str) -> str:
    """Return where to go after signing in: a page of this server, nothing else."""
    fine = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if fine else "/inbox"
