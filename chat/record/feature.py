"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.core.access import Right
from chat.record import api, pages
from chat.web.endpoint import endpoints
from chat.web.feature import Feature
from chat.web.menu import Menu

feature = Feature(
    "record",
    Path(__file__).parent,
    endpoints=endpoints(api, pages),
    permissions={"record.read": Right("admin", audits=True)},
    menu=(Menu("privacy", 6, "/admin/data-map", "page.datamap"),),
    audited=("data_map.viewed",),
)
