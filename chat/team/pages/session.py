"""Agents signing in and out."""

from __future__ import annotations

from urllib.parse import quote

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from chat.core.clock import DAY
from chat.core.errors import LetheError, NetworkNotAllowed, RateLimited, SecondFactorRequired, Unauthorized
from chat.core.tokens import DEVICE_DAYS, HALF_SECONDS
from chat.team.actions import sign_ins
from chat.team.actions.sign_ins import SignedIn
from chat.web.answers import problem
from chat.web.authentication import (
    COOKIE,
    DEVICE,
    HALF,
    actor_of,
    address_of,
    cookie_of,
    give_cookie,
    network_of,
    take_cookie,
)
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
        return await sign_in_form(ask, next_of(ask.query(NEXT)))
    return RedirectResponse("/inbox", 303)


@page_endpoint("POST /signin", audience="anybody", audited={"agent.signed_in", "agent.sign_in_failed"})
async def sign_in(ask: PageAsk) -> Response:
    """Set the session's cookie, or show the form again with what was typed."""
    request, services, form = ask.request, ask.services, ask.form
    email, after = form.get("email", ""), next_of(form.get("next", ""))
    where = network_of(request), cookie_of(request, DEVICE), address_of(request)
    try:
        made = await sign_ins.sign_in(services, email, form.get("password", ""), *where)
    except SecondFactorRequired as error:
        answer = _wanting_more(request, error, after)
        give_cookie(request, answer, HALF, error.half, HALF_SECONDS)
        return answer
    except (Unauthorized, RateLimited, NetworkNotAllowed) as error:
        note_failure(ask, error)
        return await sign_in_form(ask, after, error.code, error.status, email)
    return signed_in(ask, made, after)


async def sign_in_form(
    ask: PageAsk, after: str, error: str | None = None, status: int = 200, email: str = ""
) -> Response:
    """Return the form, saying why nobody was signed in where that was tried (`signin.error.<error>`)."""
    has_providers = await sign_ins.has_providers(ask.services)
    return ask.page("signin.html", status, error=error, email=email, next=after, has_providers=has_providers)


def note_failure(ask: PageAsk, error: LetheError) -> None:
    """Count and log that an attempt to sign in failed."""
    # No address, not even as a hash: what was typed there may be a password.
    ask.context.metrics.failed_sign_ins.labels(error.code).inc()
    log.warning("sign-in failed", why=error.code, network=network_of(ask.request).near)


def signed_in(ask: PageAsk, made: SignedIn, after: str) -> Response:
    """Answer who has signed in: with the cookies of session and device, leading on, or to what they look at first."""
    look_first = made.password_due or made.failed
    answer = RedirectResponse(f"/password?next={quote(after)}" if look_first else after, 303)
    give_cookie(ask.request, answer, COOKIE, ask.services.tokens.cookie(made.secret), made.longest // 1000)
    give_cookie(ask.request, answer, DEVICE, made.device, DEVICE_DAYS * DAY // 1000)
    if cookie_of(ask.request, HALF):
        take_cookie(ask.request, answer, HALF)
    return answer


def _wanting_more(request: Request, error: SecondFactorRequired, after: str) -> Response:
    """Lead to where a second factor is asked for; a program that asks for JSON is told so."""
    if "application/json" in request.headers.get("accept", ""):
        return problem(error)
    return RedirectResponse(f"/signin/second?next={quote(after)}", 303)


@endpoint("POST /signout", audience="agent", csrf="origin", due=True, query=[LOCALE], audited={"agent.signed_out"})
async def sign_out(ask: Ask[None]) -> Response:
    """End the session everywhere it is used."""
    await sign_ins.sign_out(ask.services, ask.actor, network_of(ask.request))
    answer = RedirectResponse("/signin", 303)
    # The device's cookie stays: it opens nothing, and without it who guesses for an agent could keep them out.
    take_cookie(ask.request, answer, COOKIE)
    return answer


def next_of(path: str) -> str:
    """Return where to go after signing in: a page of this server, nothing else."""
    # `//host` is another server, and browsers take a backslash for a slash.
    fine = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if fine else "/inbox"
