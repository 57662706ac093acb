"""What an export says of a message's score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chat.core.model import Contact
from chat.infra.gathered import ExportPart
from chat.infra.services import Services
from chat.spam_filter.actions import training


def _judged(services: Services, contact: Contact, item: dict[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a score means, and the words that decide in the account's filter as it is now."""
    if row["score"] is None or item["body"] is None:
        return {}
    known = services.filters.of(contact.account_id)
    return {"verdict": str(known.verdict(row["score"])), "why": training.why(known, item["body"])}


SCORES = ExportPart("message", more=_judged)
