"""Pages made of templates: what each may use, the headers that hold it together, and the pages for what went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from chat.core import access
from chat.core.errors import (
    LetheError,
    NetworkNotAllowed,
    PasswordDue,
    ProviderRequired,
    SecondFactorDue,
    SecondFactorRequired,
    StepUpRequired,
    Unauthorized,
)
from chat.core.locales import SHARED, Locales, Words, best_locale
from chat.core.model import LOCALES, Account, Actor, Agent
from chat.web.answers import error_headers
from chat.web.authentication import actor_of, csrf_token
from chat.web.context import context_of
from chat.web.menu import Menu
from chat.web.rendering import render
from chat.web.spoken import spoken

LOCALE_COOKIE = "lethe_locale"
YEAR = 365 * 86_400
ERRORS = {400, 403, 404, 409, 413, 429, 500, 503}
"""The statuses that have words of their own. Any other is said in those of 400 or 500, under its own number."""
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    # Under the stricter `no-referrer` a browser posts forms with `Origin: null`.
    "referrer-policy": "same-origin",
}


@dataclass(frozen=True)
class PageReader:
    """Who is signed in and reads a page."""

    actor: Actor
    agent: Agent
    account: Account
    csrf: str


async def reader_of(request: Request, *, due: bool = False) -> PageReader:
    """
    Return who reads the page. Raises Unauthorized where nobody is signed in, PasswordDue, unless the page is for
    whoever is `due`, where the password must be changed first.
    """
    actor, context = await actor_of(request, csrf=False, due=due), context_of(request)
    services = context.services
    agent = await context.people.get_own(services, actor)
    account = await context.accounts.account(services, actor)
    return PageReader(actor, agent, account, csrf_token(services, actor))


def page(request: Request, template: str, who: PageReader | None = None, status: int = 200, **context: Any) -> Response:
    """Return a page in the reader's language, with the bar on top for who is signed in."""
    return _page(request, context_of(request).services.gathered.locales, template, who, status, **context)


def error_page(request: Request, error: LetheError) -> Response:
    """Return the page for what went wrong. A reader who is not signed in is asked to sign in."""
    if isinstance(error, Unauthorized):
        # Not from `request.url`: that is put together with the Host header, which may change the path (CVE-2026-48710).
        after = request.scope["path"] if request.method == "GET" else "/inbox"
        step = "/signin/second" if isinstance(error, SecondFactorRequired) else "/signin"
        return RedirectResponse(f"{step}?next={quote(after)}", 303)
    if isinstance(error, PasswordDue):
        return RedirectResponse("/password?next=" + quote(request.scope["path"]), 303)
    if isinstance(error, SecondFactorDue):
        return RedirectResponse("/second-factor", 303)
    if isinstance(error, ProviderRequired):
        return RedirectResponse(f"/signin/provider/{error.extra['provider']}", 303)
    if isinstance(error, StepUpRequired):
        return _step_up(request, error)
    general = max(each for each in (400, 500) if each <= max(400, error.status))
    known = error.status if error.status in ERRORS else general
    shown = "network" if isinstance(error, NetworkNotAllowed) else known
    answer = _page(request, SHARED, "error.html", status=error.status, number=error.status, shown=shown)
    answer.headers.update(error_headers(error))
    return answer


def _step_up(request: Request, error: StepUpRequired) -> Response:
    """Ask who is signed in to show again who they are, and keep what they typed for what comes next."""
    after, query = request.scope["path"], request.scope["query_string"].decode("latin-1")
    if request.method == "GET":
        after = f"{after}?{query}" if query else after
        return RedirectResponse(f"/step-up?next={quote(after)}", 303)
    given = {"waiting": error.form, "how": "post", "next": after, **error.extra}
    # The mark of the session is the one that came with the form, and is among its fields.
    return page(request, "step-up.html", status=error.status, errors={}, **given)


def words_of(request: Request, who: PageReader | None = None) -> Words:
    """Return the words in the reader's language."""
    return context_of(request).services.gathered.locales.words(locale_of(request, who))


def locale_of(request: Request, who: PageReader | None = None) -> str:
    """
    Return the language asked for now, else the one chosen on this device before, else that of the reader's profile,
    else the browser's.
    """
    own = who.agent.preferences.locale if who else ""
    asked = request.query_params.get("locale", ""), request.cookies.get(LOCALE_COOKIE, ""), own
    return best_locale(LOCALES, asked, request.headers.get("accept-language", ""))


def menu_of(menu: Mapping[str, Sequence[Menu]], who: PageReader) -> dict[str, list[Menu]]:
    """Return the lines that lead where the reader may go, and the groups that have one."""
    open_ones = {
        group: [each for each in lines if each.permission is None or access.can(who.actor, each.permission)]
        for group, lines in menu.items()
    }
    return {group: lines for group, lines in open_ones.items() if lines}


def _page(
    request: Request, locales: Locales, template: str, who: PageReader | None = None, status: int = 200, **context: Any
) -> Response:
    locale = locale_of(request, who)
    shared = {
        "agent": who.agent if who else None,
        "permissions": who.actor.permissions if who else frozenset(),
        "account": who.account if who else None,
        "csrf": who.csrf if who else "",
        "locale": locale,
        "locales": LOCALES,
        "menu": menu_of(context_of(request).menu, who) if who else {},
        "path": request.scope["path"],
        "spoken": spoken("/static/admin.js", locales, locale),
        "t": locales.words(locale),
    }
    answer = HTMLResponse(render(template, shared | context, locales.folders), status, HEADERS)
    if request.query_params.get("locale") == locale:
        answer.set_cookie(LOCALE_COOKIE, locale, max_age=YEAR, httponly=True, samesite="lax")
    return answer
