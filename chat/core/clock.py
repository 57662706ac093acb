"""Time as Lethe keeps it: whole milliseconds since 1970 in UTC, and how they are written (RFC 3339)."""

from __future__ import annotations

import time
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
