"""The memory that uploads may take while they come in."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from chat.core.errors import RateLimited, Unavailable

SHARE = 2
"""So many uploads of one sender are under way at once."""
Take = Callable[[int], None]


class Room:
    """The memory that uploads may take: `most` bytes in all, taken as they arrive. Who sends slowly holds little."""

    def __init__(self, most: int) -> None:
        self.left = most
        self._senders: Counter[str] = Counter()

    @asynccontextmanager
    async def of(self, sender: str) -> AsyncIterator[Take]:
        """Give what takes bytes for one upload, all given back at its end. Raises RateLimited, Unavailable."""
        if self._senders[sender] >= SHARE:
            raise RateLimited("Other files are on their way; send this one after them", retry_after=5)
        self._senders[sender] += 1
        taken = 0

        def take(size: int) -> None:
            nonlocal taken
            if size > self.left:
                raise Unavailable("Many files are on their way; send this one again in a moment", retry_after=10)
            self.left -= size
            taken += size

        try:
            yield take
        finally:
            self.left += taken
            self._senders[sender] -= 1
            self._senders += Counter()  # drops who has none
