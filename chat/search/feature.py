"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.search import api
from chat.web.endpoint import endpoints
from chat.web.feature import Feature

feature = Feature("search", Path(__file__).parent, endpoints=endpoints(api), audited=("tickets.searched",))
