"""
Sees to it that no agent's socket outlives what it was opened with, also where nobody is told that it has ended.

Events that say so may be lost: Redis keeps none for who is away, and a process may end between its commit and its
word. So the database is asked twice a second for all sockets of a process in one query, and only those look that find
something else than before.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection
from typing import Protocol

import structlog

from chat.agent_profile.actions import standing
from chat.agent_profile.actions.standing import Mark
from chat.core.errors import LetheError
from chat.core.model import Actor
from chat.infra.services import Services

EVERY = 0.4
"""Seconds. With the query and what follows from it a socket is closed within a second of the commit."""

log = structlog.get_logger("chat.socket")


class WatchedSocket(Protocol):
    """A socket of an agent."""

    actor: Actor | None
    mark: Mark | None

    @property
    def closing(self) -> bool:
        """Whether it is to close."""

    async def look(self) -> None:
        """Look again whether it may stay. Raises LetheError where that cannot be said now."""


class Watch:
    """Watches over the `sockets` of one process while there are any."""

    def __init__(self, services: Services, sockets: Collection[WatchedSocket]) -> None:
        self._services, self._sockets = services, sockets
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Watch from now on. Called for each socket that comes."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Watch no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while self._sockets:
            await asyncio.sleep(EVERY)
            try:
                await self._ask()
            except LetheError:  # the database is away, and nothing can be read by who stays
                continue
            except Exception as error:  # noqa: BLE001 - whatever it is: the next round is asked for all the same
                log.error("watching failed", why=type(error).__name__)  # noqa: TRY400 - its words may hold anything
        self._task = None

    async def _ask(self) -> None:
        here = [(each, each.actor) for each in list(self._sockets) if not each.closing and each.actor is not None]
        found = await standing.marks(self._services, [actor for _, actor in here])
        changed = [(each, found.get(standing.key_of(actor))) for each, actor in here]
        await asyncio.gather(*(_look(each, now) for each, now in changed if now is None or now != each.mark))


async def _look(socket: WatchedSocket, now: Mark | None) -> None:
    """Have a socket look. Where it cannot, it has no new mark and is asked again."""
    with contextlib.suppress(LetheError):
        await socket.look()
        socket.mark = now
