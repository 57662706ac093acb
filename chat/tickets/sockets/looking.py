"""
Who looks at a ticket: told from socket to socket over the bus, kept nowhere else, so that it ends with the socket.

Whoever begins to look asks, and who looks already says so again. A socket whose process ended without a word is
believed for `LASTS` seconds more. However many come at once, each socket answers, and tells its agent, at once and then
at most once a second.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, Protocol

from chat.core import events, frames
from chat.core.deliveries import Delivery
from chat.core.errors import LetheError
from chat.core.ids import uuid7
from chat.core.model import Actor
from chat.infra.services import Services
from chat.team.actions import agents
from chat.tickets.sockets.view import Watched

LASTS = 75.0
"""Two in a row of what is said each half minute may be lost."""
FIRST, NEXT = 0.02, 1.0


class AgentNames:
    """Reads the names of an account's agents once for all who ask meanwhile. `running` holds the tasks that read."""

    def __init__(self, services: Services, running: set[asyncio.Task[None]]) -> None:
        self._services, self._running = services, running
        self._reading: dict[str, asyncio.Future[dict[str, str]]] = {}

    async def of(self, account: str) -> dict[str, str]:
        """Return the names by id. Raises LetheError."""
        if account not in self._reading:
            self._reading[account] = asyncio.get_running_loop().create_future()
            task = asyncio.create_task(self._read(account, self._reading[account]))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return await asyncio.shield(self._reading[account])

    async def _read(self, account: str, reading: asyncio.Future[dict[str, str]]) -> None:
        try:
            reading.set_result(await agents.names(self._services, account))
        except LetheError as error:
            reading.set_exception(error)
            reading.exception()  # whoever asked may have gone
        finally:
            reading.cancel()
            del self._reading[account]


class LookingSocket(Protocol):
    """A socket of an agent."""

    services: Services
    actor: Actor | None

    def tell(self, frame: frames.OutboundFrame) -> None:
        """Send a frame."""

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do some work beside."""


class LookingAt:
    """What one socket looks at: one ticket at a time of those that are open on it."""

    def __init__(self, socket: LookingSocket, names: AgentNames) -> None:
        self._socket, self._names, self._name = socket, names, uuid7()
        self._watched: Watched | None = None
        self._agent = ""
        self._asked = False

    def at(self, watched: Watched | None, agent: str) -> None:
        """Look at a ticket from now on, or still. None is for looking at none."""
        if self._watched is not None and self._watched is not watched:
            self._say(self._watched, on=False)
        new, self._watched, self._agent = watched is not self._watched, watched, agent
        if watched is not None:
            self._say(watched, on=True, asks=new)
            self._forget(watched)

    def closed(self, watched: Watched) -> None:
        """Look no more at a ticket that is closed here, or with the socket."""
        if watched is self._watched:
            self.at(None, self._agent)

    def again(self) -> None:
        """Say it again, and ask: something may have been missed."""
        if self._watched is not None:
            self._say(self._watched, on=True, asks=True)

    def heard(self, event: events.LookingChanged, watched: Watched) -> None:
        """Another socket looks at a ticket that is open here, or does no more."""
        if event.on:
            watched.lookers[event.socket] = event.agent, time.monotonic()
        else:
            watched.lookers.pop(event.socket, None)
        self._asked = self._asked or (event.asks and watched is self._watched)
        self._tell_soon(watched)

    def _forget(self, watched: Watched) -> None:
        late = [each for each, (_, at) in watched.lookers.items() if time.monotonic() - at > LASTS]
        for each in late:
            del watched.lookers[each]
        self._tell_soon(watched)

    def _tell_soon(self, watched: Watched) -> None:
        if not watched.telling:
            watched.telling = True
            self._socket.spawn(self._run(watched))

    async def _run(self, watched: Watched) -> None:
        """Answer and tell until nothing has changed since."""
        try:
            await asyncio.sleep(FIRST)
            while self._asked or self._others(watched) != watched.shown:
                if self._asked and self._watched is not None:
                    self._say(self._watched, on=True)
                self._asked = False
                await self._tell(watched)
                await asyncio.sleep(NEXT)
        finally:
            watched.telling = False

    async def _tell(self, watched: Watched) -> None:
        ticket, others = watched.opened.ticket, self._others(watched)
        if others != watched.shown:
            names = await self._names.of(ticket.account_id)
            watched.shown = others
            named = [frames.Named(each, names[each]) for each in sorted(others) if each in names]
            self._socket.tell(frames.LookingOut(ticket.number, named))

    def _others(self, watched: Watched) -> frozenset[str]:
        """Return the agents who look, but for the one whose socket this is."""
        actor = self._socket.actor
        return frozenset({agent for agent, _ in watched.lookers.values()} - {actor.agent_id if actor else ""})

    def _say(self, watched: Watched, *, on: bool, asks: bool = False) -> None:
        event = events.LookingChanged(watched.opened.ticket.ref, self._agent, self._name, on, asks)
        self._socket.services.bus.publish(Delivery(event, source=self._socket))
