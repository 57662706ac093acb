"""The record of processing as a page."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.core.access import require_manager
from chat.record import actions as datamap
from chat.web.context import context_of
from chat.web.pages import page, reader_of


def routes() -> list[Route]:
    """Return the page."""
    return [Route("/admin/data-map", show_data_map)]


async def show_data_map(request: Request) -> Response:
    """`GET /admin/data-map`."""
    who = await reader_of(request)
    require_manager(who.actor)
    made = await datamap.record(context_of(request).services, who.actor)
    return page(request, "admin-data-map.html", who, saved=False, errors={}, record=made)
