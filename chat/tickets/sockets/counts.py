"""
Tells the agents of an account how many tickets are in each view: at once, then at most once a second.

All that count are read when somebody comes, then those alone that events name, and all again now and then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import assert_never

from chat.core import access, events
from chat.core.deliveries import Delivery
from chat.core.errors import LetheError
from chat.core.model import Actor
from chat.infra.services import Services
from chat.tickets.actions import counting
from chat.tickets.actions.counting import Counted

FIRST, NEXT = 0.02, 1.0
ANEW, STAYS, MOST = 30.0, 60.0, 500
"""Seconds until all are read again, and to go on for a program that asked; of so many that changed all are read."""


@dataclass
class Ear:
    """An agent who looks at a view, where they are told, and what they were told last."""

    actor: Actor
    say: Callable[[str], None]
    last: str = ""


class Counts:
    """
    The counts of one account, for all who are told. `running` holds the task that counts. `ended` is called when nobody
    is left.
    """

    def __init__(
        self, services: Services, account: str, running: set[asyncio.Task[None]], ended: Callable[[], object]
    ) -> None:
        self._services, self._account, self._channel = services, account, events.list_channel(account)
        self._ears: dict[object, Ear] = {}
        self._counted: Counted | None = None
        self._anew_at = 0.0
        self._changed: set[int] = set()
        self._missed = self._untold = False
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._stay: asyncio.TimerHandle | None = None
        self._running, self._ended = running, ended

    def join(self, owner: object, actor: Actor, say: Callable[[str], None]) -> None:
        """Tell `owner` now and from now on."""
        self._listen()
        self._ears[owner] = ear = Ear(actor, say)
        if self._counted is None or self._changed:
            self._tell_soon()
        else:
            self._tell(ear, self._counted)

    def leave(self, owner: object) -> None:
        """Tell `owner` nothing more."""
        if self._ears.pop(owner, None) is not None:
            self._end_unless_needed()

    async def now(self, actor: Actor) -> dict[str, int]:
        """Return what an agent would be told now, after all that was heard. Raises Forbidden and Unavailable."""
        access.require(actor, "ticket.read")
        self._listen()
        if self._stay is not None:
            self._stay.cancel()
        self._stay = asyncio.get_running_loop().call_later(STAYS, self._stayed)
        return (await self._catch_up(actor)).of(actor.agent_id, actor.departments)

    def _listen(self) -> None:
        if not self._ears and self._stay is None:
            self._services.bus.listen(self._channel, self, self._heard)

    def _stayed(self) -> None:
        self._stay = None
        self._end_unless_needed()

    def _end_unless_needed(self) -> None:
        if not self._ears and self._stay is None:
            self._services.bus.leave(self._channel, self)
            self._ended()

    def _heard(self, delivery: Delivery[events.ListEvent]) -> None:
        event = delivery.event
        match event:
            case events.TicketChanged() | events.TicketGone():
                self._changed.add(event.ticket.id)
            case events.EventsMissed():
                self._missed = True
            case _:
                assert_never(event)
        self._tell_soon()

    def _tell_soon(self) -> None:
        self._untold = True
        if self._task is None and self._ears:
            self._task = asyncio.create_task(self._run())
            self._running.add(self._task)
            self._task.add_done_callback(self._running.discard)

    async def _run(self) -> None:
        try:
            await asyncio.sleep(FIRST)
            while self._untold and self._ears:
                self._untold = False
                try:
                    counted = await self._catch_up()
                except LetheError:  # the database is away: counted when it is back
                    self._untold = True
                else:
                    for ear in list(self._ears.values()):
                        self._tell(ear, counted)
                await asyncio.sleep(NEXT)
        finally:
            self._task = None

    async def _catch_up(self, *also: Actor) -> Counted:
        """Read what changed, and all where that was long ago or may have been missed. Raises Unavailable."""
        async with self._lock:
            changed, self._changed = self._changed, set()
            counted, self._counted = self._counted, None  # what fails half way is counted anew
            if self._missed or monotonic() - self._anew_at > ANEW or len(changed) > MOST:
                counted, self._missed = None, False
            if counted is None:
                self._anew_at = monotonic()
                sees = {each.departments for each in (*also, *(ear.actor for ear in self._ears.values()))}
                counted = await counting.count(self._services, self._account, sees)
            elif changed:
                await counting.recount(self._services, self._account, counted, changed)
            self._counted = counted
            return counted

    def _tell(self, ear: Ear, counted: Counted) -> None:
        line = counted.line_of(ear.actor.agent_id, ear.actor.departments)
        if line != ear.last:
            ear.last = line
            ear.say(line)
