"""Signing in through a provider, and showing there again who one is."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from chat.core.errors import LetheError, NetworkNotAllowed, RateLimited, SecondFactorRequired
from chat.core.tokens import ATTEMPT_SECONDS, HALF_SECONDS, ProviderAttempt
from chat.identity_providers.actions import matching, showing, signing_in
from chat.identity_providers.actions.signing_in import CameBack
from chat.identity_providers.domain.refusals import ProviderSignInRefused
from chat.team.pages.session import NEXT, next_of, note_failure, signed_in
from chat.web.authentication import (
    ATTEMPT,
    DEVICE,
    HALF,
    actor_of,
    address_of,
    cookie_of,
    give_cookie,
    network_of,
    own_origin,
    take_cookie,
)
from chat.web.page_endpoint import PageAsk, page_endpoint

FAILED = {"provider.refused"}


@page_endpoint("GET /signin/provider", audience="anybody", query=[NEXT])
async def ask_for_address(ask: PageAsk) -> Response:
    """Ask for the address by whose domain providers are found."""
    return ask.page("signin-providers.html", email="", found=None, next=next_of(ask.query(NEXT)))


@page_endpoint("POST /signin/provider", audience="anybody")
async def list_for_address(ask: PageAsk) -> Response:
    """Show the providers for it."""
    email, after = ask.form.get("email", ""), next_of(ask.form.get("next", ""))
    try:
        found = await signing_in.for_address(ask.services, email, network_of(ask.request))
    except RateLimited as error:
        errors = {"email": "signin.error.rate_limited"}
        return ask.page("signin-providers.html", error.status, errors=errors, email=email, found=None, next=after)
    errors = {} if found else {"email": "provider.none"}
    return ask.page("signin-providers.html", errors=errors, email=email, found=found, next=after)


@page_endpoint("GET /signin/provider/{id}", audience="anybody", query=[NEXT])
async def show_provider(ask: PageAsk) -> Response:
    """Show the button that leads there: a form's answer must not lead to another server by itself."""
    return await _provider(ask, next_of(ask.query(NEXT)))


@page_endpoint("GET /signin/provider/{id}/go", audience="anybody", query=[NEXT], audited=FAILED)
async def go(ask: PageAsk) -> Response:
    """Send the browser there, with a cookie that it comes back with."""
    return await _sent(ask, ask.path["id"], next_of(ask.query(NEXT)))


@page_endpoint("GET /signin/again", audience="agent", query=[NEXT], due=True, audited=FAILED)
async def show_again(ask: PageAsk) -> Response:
    """Send who is signed in to their provider, to show again who they are."""
    found = await signing_in.of_actor(ask.services, ask.actor)
    return await _sent(ask, found, next_of(ask.query(NEXT)), ask.actor.session_id)


@page_endpoint("GET /signin/shown", audience="agent", due=True)
async def shown(ask: PageAsk) -> Response:
    """Say that it was shown, and that what waits is in the other tab."""
    return ask.page("step-up-shown.html")


@page_endpoint(
    "GET /signin/provider/{id}/back",
    audience="anybody",
    query=None,
    audited={
        "provider.refused",
        "provider.linked",
        "agent.signed_in",
        "agent.added",
        "agent.role_changed",
        "invitation.accepted",
    },
)
async def come_back(ask: PageAsk) -> Response:
    """Take who comes back, and sign them in, or say in one line why not."""
    request, services = ask.request, ask.services
    try:
        where = network_of(request), address_of(request)
        provider, attempt, claims = await signing_in.receive(services, ask.path["id"], _came_back(ask), *where)
        if attempt.session:
            actor = await actor_of(request, due=True)
            await showing.show_again(services, actor, provider, attempt, claims, network_of(request))
            return _over(request, RedirectResponse(attempt.after, 303))
        made = await matching.sign_in(services, provider, claims, network_of(request), cookie_of(request, DEVICE))
    except SecondFactorRequired as error:
        if not error.half:  # of a session that has not begun yet: nothing of this sign-in
            raise
        return _second_step(request, error, attempt)
    except (ProviderSignInRefused, RateLimited, NetworkNotAllowed) as error:
        note_failure(ask, error)
        return _over(request, await _provider(ask, "/inbox", error))
    return _over(request, signed_in(ask, made, attempt.after))


def _came_back(ask: PageAsk) -> CameBack:
    query = ask.request.query_params
    # What is there twice is nothing: programs differ in which of two they heed.
    once = {name: query[name] if len(query.getlist(name)) == 1 else "" for name in ("state", "code", "iss", "error")}
    cookie = cookie_of(ask.request, ATTEMPT)
    return CameBack(cookie, once["state"], once["code"], once["iss"], once["error"], _back(ask, ask.path["id"]))


async def _sent(ask: PageAsk, provider_id: str, after: str, session: str = "") -> Response:
    request = ask.request
    back = _back(ask, provider_id)
    try:
        sent = await signing_in.send(ask.services, provider_id, back, after, network_of(request), session)
    except (ProviderSignInRefused, RateLimited) as error:
        return await _provider(ask, after, error, provider_id)
    answer = RedirectResponse(sent.url, 303)
    give_cookie(request, answer, ATTEMPT, sent.cookie, ATTEMPT_SECONDS)
    return answer


def _second_step(request: Request, error: SecondFactorRequired, attempt: ProviderAttempt) -> Response:
    answer = RedirectResponse(f"/signin/second?next={attempt.after}", 303)
    give_cookie(request, answer, HALF, error.half, HALF_SECONDS)
    return _over(request, answer)


def _over(request: Request, answer: Response) -> Response:
    """Take the cookie of the attempt, which is over."""
    take_cookie(request, answer, ATTEMPT)
    return answer


async def _provider(ask: PageAsk, after: str, error: LetheError | None = None, provider_id: str = "") -> Response:
    found = await signing_in.shown(ask.services, provider_id or ask.path["id"])
    why = error.extra.get("why", error.code) if error else ""
    status = error.status if error else 200
    return ask.page("signin-provider.html", status, provider=found, why=why and f"provider.why.{why}", next=after)


def _back(ask: PageAsk, provider_id: str) -> str:
    """Return the address that a provider sends a browser back to."""
    return f"{own_origin(ask.request)}/signin/provider/{provider_id}/back"
