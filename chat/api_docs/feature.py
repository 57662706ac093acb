"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.api_docs import api, pages
from chat.web.endpoint import endpoints
from chat.web.feature import Feature

feature = Feature("api_docs", Path(__file__).parent, endpoints=endpoints(api, pages))
