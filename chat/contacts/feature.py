"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.contacts import schema
from chat.web.feature import Feature

feature = Feature(
    "contacts",
    Path(__file__).parent,
    tables=(
        schema.contact,
        schema.hold,
        schema.merge,
    ),
    audited=("contact.changed", "contact.emptied", "contact.merged"),
)
