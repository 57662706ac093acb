"""What sockets and HTTP of chats share besides: who writes, who is there, who sees the list."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, assert_never

from starlette.requests import HTTPConnection

from chat.core import events, frames
from chat.core.deliveries import Delivery
from chat.core.errors import LetheError
from chat.core.gate import Allowance
from chat.infra.services import Services
from chat.tickets.actions import tickets
from chat.tickets.actions.posting import Postbox
from chat.tickets.sockets.counts import Counts
from chat.tickets.sockets.looking import AgentNames
from chat.tickets.sockets.watch import Watch
from chat.web.context import WebContext
from chat.web.sockets.connection import Connection

SOCKETS_EACH = 10
BURST = 20


@dataclass
class AgentPresence:
    """A contact's open sockets, oldest first, and the allowance they share."""

    sockets: list[Connection[frames.VisitorFrame]] = field(default_factory=list)
    allowance: Allowance | None = None


class Visitors:
    """The visitors' sockets of this process by contact."""

    def __init__(self) -> None:
        self._known: dict[int, AgentPresence] = defaultdict(AgentPresence)

    def enter(self, contact: int, socket: Connection[frames.VisitorFrame], rate: int) -> Allowance:
        """Add a socket and return the contact's allowance. The oldest of too many is let go with 4409."""
        known = self._known[contact]
        if socket not in known.sockets:
            known.sockets.append(socket)
        if len(known.sockets) > SOCKETS_EACH:
            known.sockets[0].close(frames.CLOSE_ELSEWHERE, "open in too many places")
        # One for all of a contact's sockets: with one each, ten windows could send ten times as much.
        if known.allowance is None or known.allowance.rate != rate:
            known.allowance = Allowance(rate, BURST)
        return known.allowance

    def leave(self, contact: int, socket: Connection[frames.VisitorFrame]) -> None:
        """Remove a socket."""
        known = self._known.get(contact)
        if known is not None and socket in known.sockets:
            known.sockets.remove(socket)
        if known is not None and not known.sockets:
            del self._known[contact]

    def __len__(self) -> int:
        """Count the contacts who are there."""
        return len(self._known)


FIRST, NEXT = 0.02, 1.0
Ear = Callable[[frames.TicketOut, str], None]
"""Is told of a ticket of the list, and how that is written."""


class Feed:
    """
    One account's feed. The first change is told at once, then what changes meanwhile once a second.

    So a busy account costs a query a second and not one for each message and agent. `running` holds the task that
    reads, so that whoever stops the server can end it.
    """

    def __init__(self, services: Services, account: str, running: set[asyncio.Task[None]]) -> None:
        self._services, self._account, self._channel = services, account, events.list_channel(account)
        self._ears: dict[object, Ear] = {}
        self._changed: set[int] = set()
        self._gone: set[int] = set()
        self._behind = False
        self._task: asyncio.Task[None] | None = None
        self._running = running

    def join(self, owner: object, say: Ear) -> None:
        """Tell `owner` from now on."""
        if not self._ears:
            self._services.bus.listen(self._channel, self, self._heard)
        self._ears[owner] = say

    def leave(self, owner: object) -> bool:
        """Tell `owner` nothing more, and return whether nobody is left."""
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
                say(changed_ticket, line)


class Erasures(Protocol):
    """What sockets tell of those who were erased; `chat.erasure.actions.views`, handed in by the entry."""

    async def frame_of(self, services: Services, account_id: str, erasure_id: str) -> frames.ErasureOut:
        """Return what is told of a request that another process filed or finished."""

    async def lately(self, services: Services, account_id: str, since: int) -> list[frames.ErasureOut]:
        """Return what was told from a while before a time on (ms), for who may have missed it."""

    async def of_contacts(
        self, services: Services, account_id: str, contact_uids: list[str]
    ) -> list[frames.ErasureOut]:
        """Return what is told of those of some contacts who are being erased, or were."""


@dataclass(kw_only=True)
class ChatContext(WebContext):
    """The web's context, with the postbox of all messages, the visitors' sockets, and the feeds of the lists."""

    postbox: Postbox
    erasures: Erasures
    visitors: Visitors = field(default_factory=Visitors)
    feeds: dict[str, Feed] = field(default_factory=dict)
    counts: dict[str, Counts] = field(default_factory=dict)
    telling: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Watch over the agents' sockets."""
        self.watch = Watch(self.services, self.agents)
        self.names = AgentNames(self.services, self.telling)

    @property
    def visitors_here(self) -> int:
        """How many visitors are at the other end of a socket."""
        return len(self.visitors)

    def feed(self, account: str) -> Feed:
        """Return the feed of an account's list."""
        return self.feeds.setdefault(account, Feed(self.services, account, self.telling))

    def left_feed(self, account: str, owner: object) -> None:
        """Let `owner` leave the feed, which goes with the last."""
        if account in self.feeds and self.feeds[account].leave(owner):
            del self.feeds[account]

    def counts_of(self, account: str) -> Counts:
        """Return who tells how many tickets are in the views of an account."""
        if account not in self.counts:
            ended = partial(self.counts.pop, account, None)
            self.counts[account] = Counts(self.services, account, self.telling, ended)
        return self.counts[account]

    def left_counts(self, account: str, owner: object) -> None:
        """Let `owner` be told no more counts. They go with the last."""
        if account in self.counts:
            self.counts[account].leave(owner)

    async def stop(self) -> None:
        """Store what waits to be written, then end what is being read: what it reads from is closed next."""
        await self.watch.stop()
        await self.postbox.drain()
        for task in self.telling:
            task.cancel()
        await asyncio.gather(*self.telling, return_exceptions=True)


def chat_context_of(connection: HTTPConnection) -> ChatContext:
    """Return the context of the server that was asked."""
    context: ChatContext = connection.state.context
    return context
