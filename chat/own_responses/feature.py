"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.own_responses import api, pages, schema
from chat.web.endpoint import endpoints
from chat.web.feature import Feature

feature = Feature(
    "own_responses",
    Path(__file__).parent,
    tables=(schema.own_response,),
    endpoints=endpoints(api, pages),
    permissions={"own_response.own": "agent"},
    audited=("own_response.added", "own_response.changed", "own_response.deleted"),
)
