"""An agent's own profile and sessions as a page."""

from __future__ import annotations

import contextlib

from msgspec.structs import asdict
from starlette.responses import Response

from chat.account.actions import accounts
from chat.agent_profile.actions import profile, sessions
from chat.core.errors import InvalidField, NotFound
from chat.core.model import LOCALES
from chat.web.authentication import network_of
from chat.web.forms import Errors, Form, named, saved, settings_form, typed_settings
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint
from chat.web.pages import LOCALE_COOKIE

PAGE = "/profile"
LIMITS, SIGN_IN = "sign-in", "/admin/sign-in"
CALLS = ("sound", "desktop", "mail", "waiting")
REASONS = ("new", "mine", "assigned", "mentioned")


@page_endpoint("GET /profile", permission="profile.own", query=[SAVED])
async def show_profile(ask: PageAsk) -> Response:
    """Show it."""
    return await _shown(ask, {}, {})


@page_endpoint("POST /profile", permission="profile.own", audited={"profile.changed"})
async def save_profile(ask: PageAsk) -> Response:
    """Save it, and follow the language that was chosen here on this device too."""
    form = ask.form
    said = {name: form.get(name, "") for name in ("name", "alias", "locale", "time_zone")}
    before = ask.reader.agent.preferences.locale
    try:
        calls: dict[str, object] = {each: form.get(each) == "yes" for each in CALLS}
        calls["without"] = tuple(each for each in REASONS if form.get(f"without_{each}") == "yes")
        calls |= {each: form.get(each, "") for each in profile.QUIET}
        await profile.change(ask.services, ask.actor, **said, notifications=calls)
    except InvalidField as error:
        return await _shown(ask, form, {str(error.extra["field"]): f"profile.error.{error.extra['field']}"}, 422)
    answer = saved(PAGE)
    if said["locale"] != before:
        answer.delete_cookie(LOCALE_COOKIE, httponly=True, samesite="lax")
    return answer


@page_endpoint("POST /profile/sessions/{id}/end", permission="session.own", audited={"session.ended"})
async def end_session(ask: PageAsk) -> Response:
    """End one of one's own sessions; one that has ended by itself is no mistake."""
    with contextlib.suppress(NotFound):
        await sessions.end_one(ask.services, ask.actor, ask.path["id"], network_of(ask.request))
    return saved(PAGE)


@page_endpoint("POST /profile/sessions/end-others", permission="session.own", audited={"session.ended"})
async def end_other_sessions(ask: PageAsk) -> Response:
    """End all but this one."""
    await sessions.end_others(ask.services, ask.actor, network_of(ask.request))
    return saved(PAGE)


@page_endpoint("GET /admin/sign-in", permission="account.change", query=[SAVED])
async def show_limits(ask: PageAsk) -> Response:
    """Show how long sessions of the account last."""
    return _limits(ask, settings_form(ask.settings(LIMITS), ask.reader.account), {})


@page_endpoint("POST /admin/sign-in", permission="account.change", audited={"account.changed"})
async def save_limits(ask: PageAsk) -> Response:
    """Save that, for sessions that run too."""
    try:
        await accounts.change_account(ask.services, ask.actor, **typed_settings(ask.settings(LIMITS), ask.form))
    except InvalidField as error:
        return _limits(ask, ask.form, named(error, ask.settings(LIMITS)), 422)
    return saved(SIGN_IN)


def _limits(ask: PageAsk, form: Form, errors: Errors, status: int = 200) -> Response:
    return ask.page("admin-sign-in.html", status, errors=errors, form=form, settings=ask.settings(LIMITS))


async def _shown(ask: PageAsk, form: Form, errors: Errors, status: int = 200) -> Response:
    own = await profile.get_own(ask.services, ask.actor)
    kept = {name: str(value) for name, value in asdict(own).items()}
    kept |= {each: "yes" if getattr(own.notifications, each) else "" for each in CALLS}
    kept |= {f"without_{each}": "yes" if each in own.notifications.without else "" for each in REASONS}
    kept |= {each: getattr(own.notifications, each) for each in profile.QUIET}
    if form:  # a box that is not ticked is not posted
        form = dict.fromkeys([*CALLS, *(f"without_{each}" for each in REASONS)], "") | form
    more = {
        "form": kept | form,
        "own": own,
        "sessions": await sessions.list_own(ask.services, ask.actor),
        "zones": profile.time_zones(),
        "languages": LOCALES,
        "calls": CALLS,
        "reasons": REASONS,
    }
    return ask.page("profile.html", status, errors=errors, **more)
