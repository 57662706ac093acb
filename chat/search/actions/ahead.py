"""What a search found and may not tell yet."""

from __future__ import annotations

import heapq

from chat.tickets.actions.matching import Match


class Ahead:
    """
    What was found and cannot be told yet, as something newer may still come: the newest `most` of it. `dropped` is when
    the newest was said that was let go; what is older than that is not told.
    """

    def __init__(self, most: int) -> None:
        self._most, self._heap, self._count = most, list[tuple[int, int, Match]](), 0
        self.dropped = -1

    def put(self, found: Match) -> None:
        """Keep what was found."""
        self._count += 1
        heapq.heappush(self._heap, (found.at, -self._count, found))
        if len(self._heap) > self._most:
            self.dropped = max(self.dropped, heapq.heappop(self._heap)[0])

    def take(self, since: int) -> list[Match]:
        """Return what is as new as `since`, and newer than what was dropped, newest first, and forget it."""
        ready = sorted((each for each in self._heap if each[0] >= since and each[0] > self.dropped), reverse=True)
        self._heap = [each for each in self._heap if each not in ready]
        heapq.heapify(self._heap)
        return [found for _, _, found in ready]
