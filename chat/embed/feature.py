"""What this feature says of itself."""

from __future__ import annotations

from chat.embed import api
from chat.web.feature import Feature

feature = Feature(
    "embed",
    widget=api.routes(),
    files=api.files(),
)
