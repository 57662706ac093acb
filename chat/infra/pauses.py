"""Taking turns: long work that is done in pieces leaves most of the time to whoever else writes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter

Pause = Callable[[], Awaitable[None]]
PAUSES, PAUSE_MOST = 3, 0.25


class Pacer:
    """After each piece of work a pause three times as long, at most a quarter of a second."""

    def __init__(self) -> None:
        self._since = perf_counter()

    async def pause(self) -> None:
        """Let others write."""
        await asyncio.sleep(min(PAUSES * (perf_counter() - self._since), PAUSE_MOST))
        self._since = perf_counter()
