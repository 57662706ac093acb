"""Whether the server can store and fan out."""

from __future__ import annotations

import asyncio
import time

from chat.core.errors import LetheError
from chat.infra.services import Services

FRESH, PATIENCE = 1.0, 5.0


class Ready:
    """
    Whether the server can store and fan out, found out once in `FRESH` seconds, however many ask: to see whether it
    can store takes the writer, and that is for those who write.
    """

    def __init__(self) -> None:
        self._at, self._found = 0.0, (False, False)
        self._lock = asyncio.Lock()

    async def now(self, services: Services) -> tuple[bool, bool]:
        """Return both. Those who ask meanwhile wait for the same answer."""
        async with self._lock:
            if time.monotonic() - self._at >= FRESH:
                self._found, self._at = (await _stores(services), await services.bus.ready()), time.monotonic()
            return self._found


async def _stores(services: Services) -> bool:
    """Whether a message would be stored: not where SQLite's disk is full. PostgreSQL's disk is its operator's."""
    try:
        services.store.require_room(services.settings.disk_floor)
        async with asyncio.timeout(PATIENCE):  # who holds the writer for long keeps others from storing too
            await services.store.write(lambda _: None)
    except (LetheError, TimeoutError):
        return False
    return True
