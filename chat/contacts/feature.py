"""What this feature says of itself."""

from __future__ import annotations

from chat.contacts import schema
from chat.web.feature import Feature

feature = Feature(
    "contacts",
    tables=(
        schema.contact,
        schema.hold,
    ),
    audited=("contact.changed",),
)
