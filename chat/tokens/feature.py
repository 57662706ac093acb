"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.tokens import actions, api, pages, schema
from chat.web.endpoint import endpoints
from chat.web.feature import Feature
from chat.web.menu import Menu

feature = Feature(
    "tokens",
    Path(__file__).parent,
    tables=(schema.token,),
    endpoints=endpoints(api, pages),
    permissions={"token.read": "agent", "token.make": "agent", "token.oversee": "admin"},
    menu=(Menu("programs", 1, "/admin/tokens", "page.tokens"),),
    audited=("token.made", "token.changed", "token.revoked"),
    replays={"revoke": actions.revoke_again},
)
