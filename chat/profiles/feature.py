"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.profiles import api
from chat.web.endpoint import endpoints
from chat.web.feature import Feature

feature = Feature(
    "profiles",
    Path(__file__).parent,
    endpoints=endpoints(api),
    permissions={"contact.read": "agent"},
    audited=("consents.viewed", "contact.viewed", "contacts.listed"),
)
