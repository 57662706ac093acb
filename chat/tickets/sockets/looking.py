"""
Who looks at a ticket: told from socket to socket over the bus, kept nowhere else, so that it ends with the socket.

Whoever begins to look asks, and who looks already says so again. A socket whose process ended without a word is
believed for `LASTS` seconds more.
"""

from __future__ import annotations

import time
from collections.abc import Coroutine
from typing import Any, Protocol

from chat.core import events, frames
from chat.core.deliveries import Delivery
from chat.core.ids import uuid7
from chat.core.model import Actor
from chat.infra.services import Services
from chat.team.actions import agents
from chat.tickets.sockets.view import Watched

LASTS = 75.0
"""Two in a row of what is said each half minute may be lost."""


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

    def __init__(self, socket: LookingSocket) -> None:
        self._socket, self._name = socket, uuid7()
        self._watched: Watched | None = None
        self._agent = ""

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
        before = {agent for agent, _ in watched.lookers.values()}
        if event.on:
            watched.lookers[event.socket] = event.agent, time.monotonic()
        else:
            watched.lookers.pop(event.socket, None)
        if event.asks and watched is self._watched:
            self._say(watched, on=True)
        self._tell(watched, before)

    def _forget(self, watched: Watched) -> None:
        before = {agent for agent, _ in watched.lookers.values()}
        late = [each for each, (_, at) in watched.lookers.items() if time.monotonic() - at > LASTS]
        for each in late:
            del watched.lookers[each]
        self._tell(watched, before)

    def _tell(self, watched: Watched, before: set[str]) -> None:
        if {agent for agent, _ in watched.lookers.values()} != before:
            self._socket.spawn(self._tell_names(watched))

    async def _tell_names(self, watched: Watched) -> None:
        ticket, actor = watched.opened.ticket, self._socket.actor
        names = await agents.names(self._socket.services, ticket.account_id)
        if actor is not None:
            here = sorted({agent for agent, _ in watched.lookers.values()} - {actor.agent_id})
            named = [frames.Named(each, names[each]) for each in here if each in names]
            self._socket.tell(frames.LookingOut(ticket.number, named))

    def _say(self, watched: Watched, *, on: bool, asks: bool = False) -> None:
        event = events.LookingChanged(watched.opened.ticket.ref, self._agent, self._name, on, asks)
        self._socket.services.bus.publish(Delivery(event, source=self._socket))
