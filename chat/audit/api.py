"""The audit log over REST, for owners and admins."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.audit.actions import reading
from chat.audit.actions.reading import EntryQuery
from chat.web.authentication import actor_of
from chat.web.context import context_of
from chat.web.lists import cursor_of, listed
from chat.web.parameters import takes
from chat.web.requests import limit_of


def routes() -> list[Route]:
    """Return the routes of `/api/v1` about the audit log."""
    return [
        Route("/audit", list_entries),
        Route("/contacts/{id}/accesses", list_accesses),
    ]


@takes("agent", "action", "target", "limit", "cursor")
async def list_entries(request: Request) -> Response:
    """`GET /audit`, newest first; `?agent=&action=&target=`. Owner or admin."""
    actor, query = await actor_of(request), request.query_params
    wanted = EntryQuery(query.get("agent", ""), query.get("action", ""), query.get("target", ""))
    before = (cursor_of(query.get("cursor"), 1) or (None,))[0]
    items, last = await reading.page(context_of(request).services, actor, wanted, before, limit_of(request))
    return listed(items, None if last is None else (last,))


async def list_accesses(request: Request) -> Response:
    """`GET /contacts/{id}/accesses`: who met a contact and its tickets, first to last. Owner or admin."""
    actor = await actor_of(request)
    return listed(await reading.accesses(context_of(request).services, actor, request.path_params["id"]), None)
