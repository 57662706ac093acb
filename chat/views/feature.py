"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.views import api, schema
from chat.web.endpoint import endpoints
from chat.web.feature import Feature

feature = Feature(
    "views",
    Path(__file__).parent,
    tables=(schema.saved_view,),
    endpoints=endpoints(api),
    permissions={"view.own": "agent"},
    audited=("view.added", "view.changed", "view.deleted"),
)
