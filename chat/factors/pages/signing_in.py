"""The second step of signing in, and showing again later who one is."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from chat.core.errors import InvalidField, NotNow, RateLimited, Unauthorized
from chat.factors.actions import by_passkey, factors, signing_in, step_up
from chat.factors.pages.challenges import answer_of
from chat.team.pages.session import NEXT, next_of, note_failure, sign_in_form, signed_in
from chat.web.authentication import DEVICE, HALF, address_of, cookie_of, network_of
from chat.web.page_endpoint import PageAsk, page_endpoint

OURS = "step_up_"
"""Begins the names of the fields that are this page's own; all others are of the form that is waiting."""


@page_endpoint("GET /signin/second", audience="anybody", query=[NEXT])
async def show_second_step(ask: PageAsk) -> Response:
    """Ask for a code or a passkey, where a password was shown."""
    return await _second_step(ask, next_of(ask.query(NEXT)))


@page_endpoint(
    "POST /signin/second",
    audience="anybody",
    audited={"agent.signed_in", "factor.failed", "factor.code_used"},
)
async def take_second_step(ask: PageAsk) -> Response:
    """Set the session's cookie, or ask again."""
    request, after = ask.request, next_of(ask.form.get("next", ""))
    half, code, shown = cookie_of(request, HALF), ask.form.get("code", ""), ask.form.get("passkey", "")
    where = network_of(request), cookie_of(request, DEVICE)
    try:
        if shown:
            made = await by_passkey.finish(ask.services, half, answer_of(ask.request, shown), *where)
        else:
            made = await signing_in.finish(ask.services, half, code, *where)
    except (InvalidField, RateLimited) as error:
        note_failure(ask, error)
        why = "passkey" if shown and isinstance(error, InvalidField) else error.code
        return await _second_step(ask, after, f"second.error.{why}", error.status)
    return signed_in(ask, made, after)


@page_endpoint("POST /signin/passkey", audience="anybody", audited={"agent.signed_in", "agent.sign_in_failed"})
async def sign_in_by_passkey(ask: PageAsk) -> Response:
    """Set the session's cookie for who shows a passkey alone, or show the form again."""
    request, after = ask.request, next_of(ask.form.get("next", ""))
    where = network_of(request), cookie_of(request, DEVICE), address_of(request)
    try:
        answer = answer_of(ask.request, ask.form.get("passkey", ""))
        made = await by_passkey.sign_in(ask.services, answer, *where)
    except (InvalidField, NotNow, Unauthorized, RateLimited) as error:
        note_failure(ask, error)
        why = error.code if isinstance(error, RateLimited) else "passkey"
        return await sign_in_form(ask, after, why, error.status)
    return signed_in(ask, made, after)


async def _second_step(ask: PageAsk, after: str, error: str = "", status: int = 200) -> Response:
    stands = await signing_in.half_standing(ask.services, cookie_of(ask.request, HALF))
    errors = {"code": error} if error else {}
    more = {"has_codes": stands.since is not None, "has_passkeys": stands.passkeys}
    return ask.page("signin-second.html", status, errors=errors, next=after, **more)


@page_endpoint("GET /step-up", audience="agent", query=[NEXT], due=True)
async def show_step_up(ask: PageAsk) -> Response:
    """Ask who is signed in to show again who they are."""
    return await _step_up(ask, next_of(ask.query(NEXT)), "get", {})


@page_endpoint("POST /step-up", audience="agent", due=True, audited={"factor.failed"})
async def take_step_up(ask: PageAsk) -> Response:
    """
    Take a password, a code or a passkey, and go on with what was asked for: the browser sends its form once more,
    there.
    """
    form = ask.form
    password, code = form.get("step_up_password", ""), form.get("step_up_code", "")
    after, how = next_of(form.get("step_up_next", "")), form.get("step_up_how", "")
    shown = form.get("step_up_passkey", "")
    try:
        passkey = answer_of(ask.request, shown) if shown else None
        await step_up.show(ask.services, ask.actor, password, code, network_of(ask.request), passkey)
    except InvalidField as error:
        field = str(error.extra["field"])
        return await _step_up(ask, after, how, {f"{OURS}{field}": f"step_up.error.{field}"}, 422)
    except RateLimited as error:
        return await _step_up(ask, after, how, {"whole": "signin.error.rate_limited"}, error.status)
    # By 307 a browser posts the same again (RFC 9110, 15.4.8): nothing that was typed is kept here meanwhile.
    return RedirectResponse(after, 307 if how == "post" else 303)


async def _step_up(ask: PageAsk, after: str, how: str, errors: dict[str, str], status: int = 200) -> Response:
    stands = await factors.standing(ask.services, ask.actor)
    waiting = [each for each in ask.fields if not each[0].startswith(OURS)]
    has = {"has_codes": stands.since is not None, "has_passkeys": stands.passkeys, "has_provider": stands.has_provider}
    more = {"waiting": waiting, "how": how, "next": after} | has
    return ask.page("step-up.html", status, errors=errors, **more)
