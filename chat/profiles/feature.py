"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.profiles import api, pages
from chat.profiles.actions import replaying
from chat.web.endpoint import endpoints
from chat.web.feature import Feature

feature = Feature(
    "profiles",
    Path(__file__).parent,
    endpoints=endpoints(api, pages),
    permissions={
        "contact.block": "agent",
        "contact.change": "agent",
        "contact.merge": "admin",
        "contact.read": "agent",
    },
    audited=("consents.viewed", "contact.blocked", "contact.unblocked", "contact.viewed", "contacts.listed"),
    replays={"correct": replaying.empty_corrected, "merge": replaying.merge},
)
