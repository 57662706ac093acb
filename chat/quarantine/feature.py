"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.quarantine import api
from chat.quarantine.pages import quarantine
from chat.web.endpoint import endpoints
from chat.web.feature import Feature

feature = Feature(
    "quarantine",
    Path(__file__).parent,
    endpoints=endpoints(api, quarantine),
    permissions={"quarantine.read": "agent"},
    audited=("quarantine.viewed", "spam.returned"),
)
