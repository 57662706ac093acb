"""What an owner may set about consent."""

from __future__ import annotations

from chat.core.account_settings import Setting

AGREEMENT_RATE = Setting(
    "agreement_rate", int, 30, "agreements from one network in ten minutes, 0 for no limit", "site", 0, 10_000, order=2
)
CONSENT_DAYS = Setting("consent_days", int, 730, "days after which a consent expires", "privacy", 1, 3650, order=4)
