"""The owner's pages about erasures."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.core.access import require_manager
from chat.erasure.actions import erasure
from chat.web.context import context_of
from chat.web.pages import page, reader_of

SHOWN = 100


def routes() -> list[Route]:
    """Return the pages."""
    return [
        Route("/admin/erasures", show_erasures),
        Route("/admin/erasures/{id}", show_erasure),
    ]


async def show_erasures(request: Request) -> Response:
    """`GET /admin/erasures`: the last requests."""
    who = await reader_of(request)
    require_manager(who.actor)
    items, _ = await erasure.page(context_of(request).services, who.actor, None, SHOWN)
    return page(request, "admin-erasures.html", who, saved=False, errors={}, erasures=items)


async def show_erasure(request: Request) -> Response:
    """`GET /admin/erasures/{id}`: progress and certificate."""
    who = await reader_of(request)
    require_manager(who.actor)
    found = await erasure.state(context_of(request).services, who.actor, request.path_params["id"])
    return page(request, "admin-erasure.html", who, saved=False, errors={}, erasure=found)
