"""Time as Lethe keeps it: whole milliseconds since 1970 in UTC, and how they are written (RFC 3339)."""

from __future__ import annotations

import time
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

Clock = Callable[[], int]
HOUR, DAY = 3_600_000, 86_400_000


def now() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def stamp(at: int) -> str:
    """Write `at` (ms) as RFC 3339 with milliseconds: `2026-11-23T18:50:00.000Z`."""
    return f"{_second(at // 1000)}.{at % 1000:03d}Z"


@lru_cache(maxsize=1024)
def _second(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S}"


def month_after(ms: int) -> int:
    """Return the same time of day a month later, or on that month's last day where it has no such day."""
    at = datetime.fromtimestamp(ms / 1000, UTC)
    year, month = at.year + at.month // 12, at.month % 12 + 1
    day = min(at.day, monthrange(year, month)[1])
    return ms + round((at.replace(year=year, month=month, day=day) - at).total_seconds() * 1000)
