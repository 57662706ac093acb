"""The owner's page about who must have a second factor."""

from __future__ import annotations

from starlette.responses import Response

from chat.core.access import SHOWN
from chat.core.errors import InvalidField
from chat.factors.actions import requiring
from chat.web.forms import saved
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint

PAGE = "/admin/second-factor"


@page_endpoint("GET /admin/second-factor", permission="account.change", query=[SAVED])
async def show_rules(ask: PageAsk) -> Response:
    """Show from when on each role must have one."""
    return ask.page("admin-second-factor.html", form=await requiring.rules(ask.services, ask.actor))


@page_endpoint("POST /admin/second-factor", permission="account.change", audited={"factor.required"}, step_up=True)
async def save_rules(ask: PageAsk) -> Response:
    """Save the days."""
    form = {role: ask.form.get(role, "").strip() for role in SHOWN}
    try:
        await requiring.require(ask.services, ask.actor, form)
    except InvalidField as error:
        errors = {str(error.extra["field"]): "second_factors.error.day"}
        return ask.page("admin-second-factor.html", error.status, errors=errors, form=form)
    return saved(PAGE)
