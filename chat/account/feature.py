"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.account import api, pages, schema
from chat.web.endpoint import endpoints
from chat.web.feature import Feature
from chat.web.menu import Menu

feature = Feature(
    "account",
    Path(__file__).parent,
    tables=(
        schema.account,
        schema.site,
        schema.department,
    ),
    endpoints=endpoints(api, pages),
    permissions={"account.read": "agent", "site.read": "agent", "account.change": "admin", "site.change": "admin"},
    menu=(Menu("account", 1, "/admin/site", "page.site"),),
    audited=("account.made", "account.changed", "site.changed"),
)
