"""The record of processing over REST."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.core.access import require_manager
from chat.core.errors import InvalidField
from chat.record import actions as datamap
from chat.web.answers import JSON
from chat.web.authentication import actor_of
from chat.web.context import context_of
from chat.web.parameters import takes


def routes() -> list[Route]:
    """Return the route of `/api/v1/data-map`."""
    return [Route("/data-map", get_data_map)]


@takes("format")
async def get_data_map(request: Request) -> Response:
    """`GET /data-map`: the record of processing; `?format=csv` as a table. Owner or admin."""
    actor = await actor_of(request)
    require_manager(actor)
    form = request.query_params.get("format", "json")
    if form not in {"json", "csv"}:
        raise InvalidField("A format is json or csv", field="format")
    made = await datamap.record(context_of(request).services, actor)
    if form == "json":
        return JSON(made)
    headers = {"cache-control": "no-store", "content-disposition": 'attachment; filename="data-map.csv"'}
    return Response(datamap.as_csv(made), headers=headers, media_type="text/csv; charset=utf-8")
