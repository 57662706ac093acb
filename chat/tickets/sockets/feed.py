"""The list of tickets, live: what changed in an account is read once and told to all of its agents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import assert_never

from chat.core import events, frames
from chat.core.deliveries import Delivery
from chat.core.errors import LetheError
from chat.infra.services import Services
from chat.tickets.actions import tickets

FIRST, NEXT = 0.02, 1.0


class Feed:
    """
    One account's feed. The first change is told at once, then what changes meanwhile once a second.

    So a busy account costs a query a second and not one for each message and agent. `running` holds the task that
    reads, so that whoever stops the server can end it.
    """

    def __init__(self, services: Services, account: str, running: set[asyncio.Task[None]]) -> None:
        self._services, self._account, self._channel = services, account, events.list_channel(account)
        self._ears: dict[object, Callable[[str], None]] = {}
        self._changed: set[int] = set()
        self._gone: set[int] = set()
        self._behind = False
        self._task: asyncio.Task[None] | None = None
        self._running = running

    def join(self, owner: object, say: Callable[[str], None]) -> None:
        """Tell `owner` from now on."""
        if not self._ears:
            self._services.bus.listen(self._channel, self, self._heard)
        self._ears[owner] = say

    def leave(self, owner: object) -> bool:
        """Tell `owner` nothing more; return whether nobody is left."""
        self._ears.pop(owner, None)
        if not self._ears:
            self._services.bus.leave(self._channel, self)
        return not self._ears

    def _heard(self, delivery: Delivery[events.ListEvent]) -> None:
        event = delivery.event
        match event:
            case events.TicketGone():
                # What is being read now may be from before: said after this, it would bring an erased name back.
                self._changed.discard(event.ticket.id)
                if self._task is not None:
                    self._gone.add(event.ticket.number)
                return
            case events.TicketChanged():
                self._changed.add(event.ticket.id)
            case events.EventsMissed():
                self._behind = True
            case _:
                assert_never(event)
        if self._task is None:
            self._task = asyncio.create_task(self._run())
            self._running.add(self._task)
            self._task.add_done_callback(self._running.discard)

    async def _run(self) -> None:
        try:
            await asyncio.sleep(FIRST)
            while (self._changed or self._behind) and self._ears:
                changed, self._changed = self._changed, set()
                behind, self._behind = self._behind, False
                await self._tell(changed, behind=behind)
                await asyncio.sleep(NEXT)
        finally:
            self._task = None

    async def _tell(self, changed: set[int], *, behind: bool) -> None:
        """Tell what changed, and where something may have been missed (`behind`) also what changed last."""
        self._gone.clear()
        try:
            if behind:
                changed |= set(await tickets.latest(self._services, self._account))
            found = await tickets.summaries(self._services, self._account, sorted(changed))
        except LetheError:  # the database is away: what changed is told when it is back
            self._changed, self._behind = self._changed | changed, self._behind or behind
            return
        for changed_ticket in (each for each in found if each.number not in self._gone):
            line = frames.encode(changed_ticket)
            for say in list(self._ears.values()):
                say(line)
