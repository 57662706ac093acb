"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.canned_responses import api, pages, schema
from chat.web.endpoint import endpoints
from chat.web.feature import Feature
from chat.web.menu import Menu

feature = Feature(
    "canned_responses",
    Path(__file__).parent,
    tables=(schema.canned_response,),
    endpoints=endpoints(api, pages),
    permissions={"canned_response.read": "agent", "canned_response.manage": "admin"},
    menu=(Menu("account", 7, pages.PAGE, "page.canned_responses"),),
    audited=("canned_response.added", "canned_response.changed", "canned_response.deleted"),
)
