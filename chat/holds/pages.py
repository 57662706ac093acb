"""The owner's page of what privacy leaves them to decide: days between withdrawal and erasure, consent's age, holds."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from chat.account.actions import accounts
from chat.core.errors import BeingErased, InvalidField
from chat.holds import actions as holds
from chat.team.actions import agents
from chat.web.forms import Errors, Form, named, saved, settings_form, typed_settings, whole
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint

PAGE = "/admin/privacy"
SETTINGS = "privacy"


@page_endpoint("GET /admin/privacy", permission="hold.read", query=[SAVED], audited={"holds.viewed"})
async def show(ask: PageAsk) -> Response:
    """Show the days and the holds."""
    return await _shown(ask)


@page_endpoint("POST /admin/privacy", permission="account.change", audited={"account.changed", "holds.viewed"})
async def save(ask: PageAsk) -> Response:
    """Save the days."""
    try:
        await accounts.change_account(ask.services, ask.actor, **typed_settings(ask.settings(SETTINGS), ask.form))
    except InvalidField as error:
        return await _shown(ask, ask.form, named(error, ask.settings(SETTINGS)), 422)
    return saved(PAGE)


@page_endpoint(
    "POST /admin/privacy/holds", permission="hold.change", audited={"hold.placed", "holds.viewed"}, step_up=True
)
async def place_hold(ask: PageAsk) -> Response:
    """Hold each contact with an address, or the one with an id."""
    form = ask.form
    try:
        days = whole("days", form.get("days", ""))
        for uid in await holds.find_contacts(ask.services, ask.actor, form.get("whom", "")):
            await holds.place_hold(ask.services, ask.actor, uid, form.get("reason", ""), days)
    except InvalidField as error:
        return await _shown(ask, form, named(error), 422)
    except BeingErased:
        return await _shown(ask, form, {"whom": "field.whom.erased"}, 409)
    return saved(PAGE)


@page_endpoint("POST /admin/privacy/holds/{id}/lift", permission="hold.change", audited={"hold.lifted"}, step_up=True)
async def lift(ask: PageAsk) -> Response:
    """End a hold: an erasure that waited goes on."""
    await holds.lift(ask.services, ask.actor, ask.path["id"])
    return saved(PAGE)


async def _shown(ask: PageAsk, typed: Form | None = None, errors: Errors | None = None, status: int = 200) -> Response:
    known = {each.id: each.name for each in await agents.agents(ask.services, ask.actor)}
    more: dict[str, Any] = {
        "holds": await holds.page(ask.services, ask.actor),
        "names": known,
        "settings": ask.settings(SETTINGS),
        "form": _form(ask) | (typed or {}),
    }
    return ask.page("admin-privacy.html", status, errors=errors, **more)


def _form(ask: PageAsk) -> Form:
    return settings_form(ask.settings(SETTINGS), ask.reader.account) | {"whom": "", "reason": "", "days": "365"}
