"""The admins' page of routing: the usual rule, each department's, and up to how many tickets each agent is given."""

from __future__ import annotations

from typing import cast

from msgspec import structs
from starlette.responses import Response

from chat.account.actions import accounts
from chat.core.errors import InvalidField
from chat.departments import actions as departments
from chat.routing.actions import rules
from chat.routing.domain import MODES, Mode, RoutingRule
from chat.team.actions import agents
from chat.web.forms import Errors, Form, named, saved, settings_form, typed_settings, whole
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint

PAGE, SETTINGS = "/admin/routing", "routing"


@page_endpoint("GET /admin/routing", permission="routing.change", query=[SAVED])
async def show_routing(ask: PageAsk) -> Response:
    """Show it."""
    return await _page(ask, {}, {})


@page_endpoint("POST /admin/routing", permission="routing.change", audited={"routing.changed", "account.changed"})
async def save_routing(ask: PageAsk) -> Response:
    """Save the usual rule, one department's, an agent's limit or the account's settings: the form says which."""
    of, form, settings = ask.form.get("of", ""), ask.form, ask.settings(SETTINGS)
    if form.get("kind") == "account":
        try:
            await accounts.change_account(ask.services, ask.actor, **typed_settings(settings, form))
        except InvalidField as error:
            return await _page(ask, {"account": form}, named(error, settings), 422)
        return saved(PAGE)
    try:
        if form.get("kind") == "agent":
            most = whole("most", form["most"]) if form.get("most", "").strip() else None
            await rules.limit(ask.services, ask.actor, of, most)
        else:
            await rules.change(ask.services, ask.actor, _rule(form), of or None)
    except InvalidField as error:
        return await _page(
            ask, {of or "usual": form}, {f"{of or 'usual'}-{error.extra['field']}": "routing.error"}, 422
        )
    return saved(PAGE)


def _rule(form: Form) -> RoutingRule | None:
    if form.get("mode") == "usual":
        return None
    numbers = {each: whole(each, form.get(each, "") or "0") for each in ("most", "minutes")}
    return RoutingRule(cast("Mode", form.get("mode", "")), **numbers)


async def _page(ask: PageAsk, forms: dict[str, Form], errors: Errors, status: int = 200) -> Response:
    services, actor = ask.services, ask.actor
    known = await rules.rules(services, actor)
    parts = await departments.departments(services, actor)
    names = await agents.names(services, actor.account_id)
    shown = {"usual": _typed(known.usual)}
    shown |= {each.id: _typed(known.departments.get(each.id)) for each in parts}
    shown |= {each: {"most": str(known.limits.get(each, ""))} for each in names}
    filled = {of: typed | forms.get(of, {}) for of, typed in shown.items()}
    settings = ask.settings(SETTINGS) if "account.change" in actor.permissions else []
    typed = settings_form(settings, ask.reader.account) | forms.get("account", {})
    more = {"departments": parts, "agents": names, "forms": filled, "modes": MODES, "settings": settings, "form": typed}
    return ask.page("admin-routing.html", status, errors=errors, **more)


def _typed(rule: RoutingRule | None) -> Form:
    if rule is None:
        return {"mode": "usual", "most": "", "minutes": ""}
    return {name: str(value) for name, value in structs.asdict(rule).items()}
