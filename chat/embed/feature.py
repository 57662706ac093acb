"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.embed import api
from chat.web.feature import Feature

feature = Feature(
    "embed",
    Path(__file__).parent,
    widget=api.routes(),
    files=api.files(),
)
