"""Sizes as people read them."""

from __future__ import annotations

from chat.core.locales import Words

UNITS = ("bytes", "kb", "mb", "gb")
STEP, WHOLE = 1024, 100


def size(t: Words, count: int) -> str:
    """Return a number of bytes in the reader's language, as `1.5 GB`. A kB has 1024 bytes, as in the settings."""
    value, unit = float(count), 0
    while round(value) >= STEP and unit < len(UNITS) - 1:
        value, unit = value / STEP, unit + 1
    digits = f"{value:.1f}".removesuffix(".0") if value < WHOLE else f"{value:.0f}"
    return t(f"size.{UNITS[unit]}", number=digits.replace(".", t("size.point")))
