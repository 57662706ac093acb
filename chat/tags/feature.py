"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.tags import api
from chat.web.endpoint import endpoints
from chat.web.feature import Feature

feature = Feature(
    "tags",
    Path(__file__).parent,
    endpoints=endpoints(api),
    permissions={"tag.read": "agent", "tag.manage": "admin"},
    audited=("tag.deleted", "tag.merged", "tag.renamed"),
)
