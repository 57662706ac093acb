"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.core.access import Right
from chat.roles import actions, api, pages, schema
from chat.web.endpoint import endpoints
from chat.web.feature import Feature
from chat.web.menu import Menu

feature = Feature(
    "roles",
    Path(__file__).parent,
    tables=(schema.role_right,),
    endpoints=endpoints(api, pages),
    permissions={
        "role.read": Right("admin", audits=True, always=("owner",)),
        # Whoever has it may give themselves every other.
        "role.change": Right("owner", never_below="owner", always=("owner",)),
    },
    menu=(Menu("account", 4, "/admin/roles", "page.roles"),),
    audited=("right.given", "right.taken"),
    replays={"take": actions.take_again},
)
