"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.account import api, pages, schema
from chat.account.actions import sites
from chat.core.access import EVERYBODY, LINE, MANAGERS, Right
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
        schema.agent_department,
    ),
    endpoints=endpoints(api, pages),
    permissions={
        "account.read": EVERYBODY,
        "site.read": Right("agent", always=LINE),
        "account.change": MANAGERS,
        "site.change": MANAGERS,
    },
    menu=(Menu("account", 1, "/admin/sites", "page.sites"),),
    audited=("account.made", "account.changed", "site.changed", "site.made", "site.deleted"),
    replays={"site": sites.delete_again},
)
