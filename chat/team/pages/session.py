"""Agents signing in and out."""

from __future__ import annotations

from urllib.parse import quote

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from chat.core.errors import LetheError, RateLimited, Unauthorized
from chat.core.tokens import DEVICE_DAYS
from chat.team.actions import sessions
from chat.web.authentication import COOKIE, DEVICE, actor_of, cookie_name, cookie_of, network_of, secure
from chat.web.endpoint import Ask, endpoint
from chat.web.page_endpoint import LOCALE, PageAsk, page_endpoint
from chat.web.requests import text

log = structlog.get_logger("chat.session")


NEXT = text("next")
"""Where to go on to."""


@page_endpoint("GET /signin", audience="anybody", query=[NEXT])
async def sign_in_page(ask: PageAsk) -> Response:
    """Show the form, or lead on who is signed in."""
    try:
        await actor_of(ask.request, due=True)
    except LetheError:
        return ask.page("signin.html", error=None, email="", next=next_of(ask.query(NEXT)))
    return RedirectResponse("/inbox", 303)


@page_endpoint("POST /signin", audience="anybody", audited={"agent.signed_in", "agent.sign_in_failed"})
async def sign_in(ask: PageAsk) -> Response:
    """Set the session's cookie, or show the form again with what was typed."""
    request, services, form = ask.request, ask.services, ask.form
    email, after = form.get("email", ""), next_of(form.get("next", ""))
    network = network_of(request)
    try:
        made = await sessions.sign_in(services, email, form.get("password", ""), network, cookie_of(request, DEVICE))
    except (Unauthorized, RateLimited) as error:
        # No address, not even as a hash: what was typed there may be a password.
        ask.context.metrics.failed_sign_ins.labels(error.code).inc()
        log.warning("sign-in failed", why=error.code, network=network.near)
        return ask.page("signin.html", error.status, error=error.code, email=email, next=after)
    look_first = made.password_due or made.failed
    answer = RedirectResponse(f"/password?next={quote(after)}" if look_first else after, 303)
    _give(request, answer, COOKIE, services.tokens.cookie(made.secret), sessions.SESSION_DAYS)
    _give(request, answer, DEVICE, made.device, DEVICE_DAYS)
    return answer


@endpoint("POST /signout", audience="agent", csrf="origin", due=True, query=[LOCALE], audited={"agent.signed_out"})
async def sign_out(ask: Ask[None]) -> Response:
    """End the session everywhere it is used."""
    await sessions.sign_out(ask.services, ask.actor)
    answer = RedirectResponse("/signin", 303)
    # The device's cookie stays: it opens nothing, and without it who guesses for an agent could keep them out.
    name = cookie_name(ask.request, COOKIE)
    answer.delete_cookie(name, secure=secure(ask.request), httponly=True, samesite="lax")
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
    # `//host` is another server, and browsers take a backslash for a slash.
    fine = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if fine else "/inbox"
