"""The record of processing as a page."""

from __future__ import annotations

from starlette.responses import Response

from chat.record import actions as datamap
from chat.web.page_endpoint import PageAsk, page_endpoint


@page_endpoint("GET /admin/data-map", permission="record.read", audited={"data_map.viewed"})
async def show_data_map(ask: PageAsk) -> Response:
    """Show it."""
    return ask.page("admin-data-map.html", record=await datamap.record(ask.services, ask.actor))
