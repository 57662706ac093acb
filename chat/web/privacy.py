"""REST and pages for what privacy law asks of an account: the record of processing, and erasures."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.actions import accounts, datamap
from chat.errors import InvalidField
from chat.web.doors import JSON, actor_of, doors_of
from chat.web.pages import page, reader


def routes() -> list[Route]:
    """Return the pages."""
    return [Route("/admin/data-map", show_data_map)]


def rest() -> list[Route]:
    """Return the routes of `/api/v1`."""
    return [Route("/data-map", get_data_map)]


async def get_data_map(request: Request) -> Response:
    """`GET /data-map`: the record of processing; `?format=csv` as a table. Owner or admin."""
    actor = await actor_of(request)
    accounts.manages(actor)
    form = request.query_params.get("format", "json")
    if form not in {"json", "csv"}:
        raise InvalidField("A format is json or csv", field="format")
    made = await datamap.record(doors_of(request).desk, actor)
    if form == "json":
        return JSON(made)
    headers = {"cache-control": "no-store", "content-disposition": 'attachment; filename="data-map.csv"'}
    return Response(datamap.as_csv(made), headers=headers, media_type="text/csv; charset=utf-8")


async def show_data_map(request: Request) -> Response:
    """`GET /admin/data-map`."""
    who = await reader(request)
    accounts.manages(who.actor)
    made = await datamap.record(doors_of(request).desk, who.actor)
    return page(request, "admin-data-map.html", who, saved=False, errors={}, record=made)
