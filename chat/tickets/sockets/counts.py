"""Tells the agents of an account how many tickets are in each view: at once, then at most once a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from chat.core import events
from chat.core.deliveries import Delivery
from chat.core.errors import LetheError
from chat.core.model import Actor
from chat.infra.services import Services
from chat.tickets.actions import counting
from chat.tickets.actions.counting import Counted

FIRST, NEXT = 0.02, 1.0


@dataclass
class Ear:
    """An agent who looks at a view, where they are told, and what they were told last."""

    actor: Actor
    say: Callable[[str], None]
    last: str = ""


class Counts:
    """The counts of one account. They are counted once for all who are told. `running` holds the task that counts."""

    def __init__(self, services: Services, account: str, running: set[asyncio.Task[None]]) -> None:
        self._services, self._account, self._channel = services, account, events.list_channel(account)
        self._ears: dict[object, Ear] = {}
        self._counted: Counted | None = None
        self._changed = False
        self._task: asyncio.Task[None] | None = None
        self._running = running

    def join(self, owner: object, actor: Actor, say: Callable[[str], None]) -> None:
        """Tell `owner` now and from now on."""
        if not self._ears:
            self._services.bus.listen(self._channel, self, self._heard)
        self._ears[owner] = ear = Ear(actor, say)
        if self._counted is None or self._changed:
            self._count_soon()
        else:
            self._tell(ear, self._counted)

    def leave(self, owner: object) -> bool:
        """Tell `owner` nothing more, and return whether nobody is left."""
        self._ears.pop(owner, None)
        if not self._ears:
            self._services.bus.leave(self._channel, self)
        return not self._ears

    def _heard(self, delivery: Delivery[events.ListEvent]) -> None:
        event = delivery.event
        match event:
            case events.TicketChanged() | events.TicketGone() | events.EventsMissed():
                self._count_soon()
            case _:
                assert_never(event)

    def _count_soon(self) -> None:
        self._changed = True
        if self._task is None:
            self._task = asyncio.create_task(self._run())
            self._running.add(self._task)
            self._task.add_done_callback(self._running.discard)

    async def _run(self) -> None:
        try:
            await asyncio.sleep(FIRST)
            while self._changed and self._ears:
                self._changed = False
                await self._count()
                await asyncio.sleep(NEXT)
        finally:
            self._task = None

    async def _count(self) -> None:
        try:
            self._counted = counted = await counting.count(self._services, self._account)
        except LetheError:  # the database is away: counted when it is back
            self._changed = True
            return
        for ear in list(self._ears.values()):
            self._tell(ear, counted)

    def _tell(self, ear: Ear, counted: Counted) -> None:
        line = counted.line_of(ear.actor.agent_id, ear.actor.departments)
        if line != ear.last:
            ear.last = line
            ear.say(line)
