"""The record of processing over REST."""

from __future__ import annotations

from starlette.responses import Response

from chat.record import actions as datamap
from chat.web.endpoint import Ask, endpoint
from chat.web.requests import choice

FORMAT = choice("format", "json", "csv", refusal="A format is json or csv")


@endpoint("GET /data-map", permission="record.read", query=[FORMAT], audited={"data_map.viewed"})
async def get_data_map(ask: Ask[None]) -> datamap.ProcessingRecord | Response:
    """Return the record of processing. `?format=csv` gives it as a table."""
    form = ask.query(FORMAT)
    made = await datamap.record(ask.services, ask.actor)
    if form == "json":
        return made
    headers = {"cache-control": "no-store", "content-disposition": 'attachment; filename="data-map.csv"'}
    return Response(datamap.as_csv(made), headers=headers, media_type="text/csv; charset=utf-8")
