"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.holds import actions, api, pages
from chat.web.endpoint import endpoints
from chat.web.feature import Feature
from chat.web.menu import Menu

feature = Feature(
    "holds",
    Path(__file__).parent,
    endpoints=endpoints(api, pages),
    permissions={"hold.change": "admin", "hold.read": "admin"},
    menu=(Menu("privacy", 1, "/admin/privacy", "page.privacy"),),
    audited=("hold.lifted", "hold.placed", "holds.viewed"),
    replays={"hold": actions.place_again, "lift": actions.lift_again},
)
