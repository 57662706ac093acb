"""Follows the numbers of a ticket's messages, or of its notes, and lets no gap and no double through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any


class Follower:
    """
    Follows one ticket's numbers.

    `fetch(after)` reads what comes after a number as (number, line) pairs; `say` sends a line.
    """

    def __init__(
        self,
        at: int,
        fetch: Callable[[int], Awaitable[list[tuple[int, str]]]],
        say: Callable[[str], None],
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self.at, self._fetch, self._say, self._spawn = at, fetch, say, spawn
        self._catching = self._more = False

    def hear(self, number: int, line: str | None) -> None:
        """
        Something got `number`; `line` is how it is said, "" where the other side has it, None where it must be read.
        """
        if self._catching:
            self._more = True
        elif number == self.at + 1 and line is not None:
            self.at = number
            if line:
                self._say(line)
        elif number > self.at:
            self.catch_up()

    def catch_up(self) -> None:
        """Read and say everything that was missed."""
        if self._catching:
            self._more = True
            return
        self._catching = True
        self._spawn(self._run())

    async def _run(self) -> None:
        try:
            while True:
                self._more = False
                for number, line in await self._fetch(self.at):
                    if number > self.at:
                        self.at = number
                        self._say(line)
                if not self._more:
                    return
        finally:
            self._catching = False
