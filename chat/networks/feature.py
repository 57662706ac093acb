"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.core.access import MANAGERS
from chat.networks import api, pages, schema
from chat.web.endpoint import endpoints
from chat.web.feature import Feature
from chat.web.menu import Menu

feature = Feature(
    "networks",
    Path(__file__).parent,
    tables=(schema.allowed_networks,),
    endpoints=endpoints(api, pages),
    permissions={"network.read": "admin", "network.change": MANAGERS},
    menu=(Menu("security", 3, "/admin/networks", "page.networks"),),
    audited=("networks.changed",),
)
