"""The owner's pages about erasures."""

from __future__ import annotations

from starlette.responses import Response

from chat.erasure.actions import views
from chat.web.page_endpoint import PageAsk, page_endpoint

SHOWN = 100


@page_endpoint("GET /admin/erasures", permission="erasure.oversee")
async def show_erasures(ask: PageAsk) -> Response:
    """Show the last requests."""
    items, _ = await views.page(ask.services, ask.actor, None, SHOWN)
    return ask.page("admin-erasures.html", erasures=items)


@page_endpoint("GET /admin/erasures/{id}", permission="erasure.oversee")
async def show_erasure(ask: PageAsk) -> Response:
    """Show how far one is, and its certificate."""
    found = await views.state(ask.services, ask.actor, ask.path["id"])
    return ask.page("admin-erasure.html", erasure=found)
