"""
Turns at what few can do at once, fair among those who wait: no sender has two, an account comes after those that had a
turn longer ago, and within it a sender likewise (as in fair queueing, Nagle, RFC 970).
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from time import monotonic
from typing import NamedTuple

BLAMED, BLAME_SECONDS = 10_000, 3600.0
"""So many senders are blamed at once, each for so long. Beyond that, the first of them is blamed no more."""


class Sender(NamedTuple):
    """Who asks for a turn, ids only: the account, and the contact or agent."""

    account: str
    uid: str


@dataclass(eq=False)
class _Asked:
    sender: Sender
    turn: asyncio.Future[None]


class FairTurns:
    """
    So many `lanes`. Who was blamed comes after all others, and all of them together leave a lane free: who makes the
    work long keeps nobody else from it.
    """

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        self._waiting: list[_Asked] = []
        self._working: list[_Asked] = []
        self._served: dict[str, int] = {}
        self._blamed: OrderedDict[Sender, float] = OrderedDict()
        self._ticks = count()

    @property
    def free(self) -> int:
        """How many lanes nobody has."""
        return self.lanes - len(self._working)

    @asynccontextmanager
    async def of(self, sender: Sender, patience: float) -> AsyncIterator[None]:
        """Give `sender` a turn, which ends with the block. Raises TimeoutError after `patience` seconds without one."""
        mine = _Asked(sender, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        for each in sender:  # who comes anew comes after everybody who is here
            self._served.setdefault(each, next(self._ticks))
        self._next()
        try:
            async with asyncio.timeout(patience):
                await mine.turn
            yield
        finally:
            for those in (self._waiting, self._working):
                if mine in those:
                    those.remove(mine)
            here = {each for asked in (*self._waiting, *self._working) for each in asked.sender}
            self._served = {each: tick for each, tick in self._served.items() if each in here}
            self._next()

    def blame(self, sender: Sender) -> None:
        """From now on let `sender` come last, for as long as blame lasts."""
        self._blamed.pop(sender, None)
        self._blamed[sender] = monotonic() + BLAME_SECONDS
        while len(self._blamed) > BLAMED:
            self._blamed.popitem(last=False)

    def blamed(self, sender: Sender) -> bool:
        """Tell whether `sender` comes last just now."""
        return self._blamed.get(sender, 0.0) > monotonic()

    def _next(self) -> None:
        while self.free and (ready := [each for each in self._waiting if self._may(each.sender)]):
            first = min(ready, key=lambda each: self._rank(each.sender))
            self._waiting.remove(first)
            self._working.append(first)
            for each in first.sender:
                self._served[each] = next(self._ticks)
            if not first.turn.done():  # else it goes, and gives its lane back
                first.turn.set_result(None)

    def _may(self, sender: Sender) -> bool:
        at_work = [each.sender for each in self._working]
        if sender in at_work:
            return False
        return not self.blamed(sender) or sum(map(self.blamed, at_work)) < max(1, self.lanes - 1)

    def _rank(self, sender: Sender) -> tuple[bool, int, int, int]:
        theirs = sum(each.sender.account == sender.account for each in self._working)
        return self.blamed(sender), theirs, self._served[sender.account], self._served[sender.uid]
