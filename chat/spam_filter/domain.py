"""What an owner may set about the filter."""

from __future__ import annotations

from chat.core.account_settings import Setting

HAM_HELD = Setting(
    "ham_held", float, 0.002, "the share of what is no spam that the filter may hold", "filter", 0.0001, 0.05, order=7
)
