"""What an owner may set about erasures."""

from __future__ import annotations

from chat.core.account_settings import Setting

GRACE_DAYS = Setting(
    "grace_days", int, 0, "days between a visitor's withdrawal and the erasure", "privacy", 0, 30, order=3
)
