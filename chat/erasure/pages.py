"""The owner's pages about erasures."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from chat.core.errors import InvalidField
from chat.erasure.actions import asks, erasure, views
from chat.team.actions import agents
from chat.web.forms import Errors, Form, saved
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint

PAGE = "/admin/erasures"
SHOWN = 100


@page_endpoint("GET /admin/erasures", permission="erasure.oversee", query=[SAVED])
async def show_erasures(ask: PageAsk) -> Response:
    """Show what waits to be confirmed, and the last requests."""
    return await _page(ask)


@page_endpoint(
    "POST /admin/erasures/asks/{id}/confirm",
    permission="erasure.confirm",
    audited={"consent.withdrawn", "erasure.requested", "erasure.confirmed"},
    step_up=True,
)
async def confirm_ask(ask: PageAsk) -> Response:
    """File the erasure that was asked for."""
    await erasure.confirm(ask.services, ask.actor, ask.path["id"])
    return saved(PAGE)


@page_endpoint("POST /admin/erasures/asks/{id}/refuse", permission="erasure.confirm", audited={"erasure.refused"})
async def refuse_ask(ask: PageAsk) -> Response:
    """Refuse it."""
    reason = ask.form.get("reason", "")
    try:
        await asks.refuse(ask.services, ask.actor, ask.path["id"], reason)
    except InvalidField:
        wrong = f"reason-{ask.path['id']}"
        return await _page(ask, {ask.path["id"]: reason}, {wrong: "erasures.asks.reason.error"}, 422)
    return saved(PAGE)


@page_endpoint("GET /admin/erasures/{id}", permission="erasure.oversee")
async def show_erasure(ask: PageAsk) -> Response:
    """Show how far one is, and its certificate."""
    found = await views.state(ask.services, ask.actor, ask.path["id"])
    return ask.page("admin-erasure.html", erasure=found)


async def _page(ask: PageAsk, typed: Form | None = None, errors: Errors | None = None, status: int = 200) -> Response:
    items, _ = await views.page(ask.services, ask.actor, None, SHOWN)
    more: dict[str, Any] = {
        "asks": await asks.page(ask.services, ask.actor),
        "names": {each.id: each.name for each in await agents.agents(ask.services, ask.actor)},
        "typed": typed or {},
    }
    return ask.page("admin-erasures.html", status, errors=errors, erasures=items, **more)
