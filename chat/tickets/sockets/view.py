"""
What is told of a chat, in order and without a gap: to an agent who has it open, to a visitor from the state on arrival.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, assert_never

from chat.core import events, frames
from chat.core.deliveries import Rendered
from chat.core.model import Draft, Ticket
from chat.infra.services import Services
from chat.tickets.actions import tickets, transcripts
from chat.tickets.actions.activity import rendered
from chat.tickets.actions.arrival import Arrival
from chat.tickets.actions.tickets import OpenedTicket
from chat.web.sockets.connection import Connection


class Follower:
    """
    Follows one ticket's numbers.

    `fetch(after)` reads what comes after a number as (number, line) pairs. `say` sends a line.
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
        Something got `number`. `line` is how it is said, "" where the other side has it, None where it must be read.
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


Numbered = events.MessageStored | events.MessageRedacted | events.MessageEdited
"""What has a number in its ticket."""
OfTicket = (
    Numbered
    | events.TypingChanged
    | events.MessagesRead
    | events.TicketEnded
    | events.TicketReopened
    | events.TicketStatusChanged
)
"""What a visitor is told of the ticket that is theirs."""
InTranscript = Numbered | events.NoteAdded | events.SystemEntered | events.TicketMerged
"""What agents read in a ticket that is open."""
InTicket = events.ChatEvent | events.NoteAdded | events.SystemEntered | events.LookingChanged | events.QuarantineChanged
"""What happens in one ticket."""


@dataclass
class Watched:
    """
    A ticket an agent has open: the numbers of its messages, notes and system entries are followed apart. `first` is the
    first message that went there. `lookers` has of each other socket that shows it whose it is, and when that was last
    said; `shown` are the agents who were shown last, and `telling` says whether that goes on.
    """

    opened: OpenedTicket
    messages: Follower
    notes: Follower
    entries: Follower
    first: int = 1
    lookers: dict[str, tuple[str, float]] = field(default_factory=dict)
    shown: frozenset[str] = frozenset()
    telling: bool = False

    def hear(self, event: InTranscript, delivered: Rendered | None) -> None:
        """Something got a number, or all of another ticket did."""
        line = delivered.for_agents[0] if delivered else None
        match event:
            case events.NoteAdded():
                self.notes.hear(event.note, line)
            case events.SystemEntered():
                self.entries.hear(event.entry, None)
            case events.MessageStored() | events.MessageRedacted() | events.MessageEdited():
                self.messages.hear(event.seq, line)
            case events.TicketMerged():
                self.catch_up()
            case _:
                assert_never(event)

    def catch_up(self) -> None:
        """Read and say all that came."""
        for each in (self.messages, self.notes, self.entries):
            each.catch_up()


@dataclass
class Opening:
    """A ticket that is being read to be opened: where it is listened to, and what happened in it meanwhile."""

    number: int
    channel: str = ""
    early: list[tuple[InTicket, Rendered | None]] = field(default_factory=list)


class View:
    """What one visitor sees. `here` is who it is and where they stand. Nothing is told without a live consent."""

    def __init__(self, services: Services, socket: Connection[frames.VisitorFrame], here: Arrival) -> None:
        self._services, self._socket = services, socket
        self.here = here
        self.follower: Follower | None = None
        self._online = False
        self._left = (0, 0)
        self._moving = asyncio.Lock()

    @property
    def at(self) -> int:
        """The number of the last message that was told."""
        return self.follower.at if self.follower else 0

    def ask(self) -> None:
        """Ask for consent to the notice in force."""
        self._socket.tell(frames.ConsentRequiredOut(self.here.notice))

    async def welcome(self, after: int, *, fresh: bool = False, once: bool = False) -> None:
        """
        Tell the state, and everything after a number. `fresh` leaves an ended ticket behind until more is said in it,
        and `once` leaves out what was told while this was read.
        """
        async with self._moving:
            await self._welcome(after, fresh=fresh, once=once)

    async def _welcome(self, after: int, *, fresh: bool = False, once: bool = False) -> None:
        ticket, found = await self._read(after, fresh=fresh)
        here = self.here
        # The ticket and who follows it change in one step: what comes while they are read waits for both.
        here.ticket, here.standing.ended = ticket, ticket is not None and ticket.ended
        delivered = self.at if once else 0
        found = [each for each in found if each.seq > delivered]
        seq = 0 if ticket is None else max([ticket.last_seq, delivered, *(each.seq for each in found)])
        self.follower = Follower(seq, self._missed, self._socket.say, self._socket.spawn)
        # What was said last is what the next change is measured by; between arriving and this it may have changed.
        self._online = self._services.bus.online(here.account.id)
        self._socket.tell(
            frames.Welcome(
                ticket=None if ticket is None else ticket.number,
                epoch=here.epoch,
                seq=seq,
                messages=found,
                online=self._online,
                status=None if ticket is None else ticket.status,
                read=frames.Seen() if ticket is None else frames.Seen(ticket.agent_read, ticket.visitor_read),
            )
        )

    async def _read(self, after: int, *, fresh: bool) -> tuple[Ticket | None, list[frames.Entry]]:
        """Read the last ticket, unless it is left behind, and what was said in it."""
        while True:
            before = self.here.ticket
            ticket = await tickets.last_of(self._services, self.here.contact.id)
            if ticket is not None and ticket.ended and fresh:
                self._left = (ticket.id, ticket.last_seq)
            if ticket is not None and (ticket.id, ticket.last_seq) <= self._left:
                ticket = None
            found: list[frames.Entry] = []
            if ticket is not None:
                found = await transcripts.messages(self._services, self.here.contact.id, ticket, after, agents=False)
            if self.here.ticket is before:  # else their own message has opened one since
                return ticket, found

    def stored(self, draft: Draft) -> None:
        """The visitor's own message has its number. Their side has the text already."""
        here = self.here
        if self.follower is None:
            return
        if here.ticket is None and draft.ticket is not None and not draft.repeated:
            here.ticket = draft.ticket
            self.follower.at = 0
        if here.ticket is not None and here.ticket.id == draft.ticket_id and not draft.repeated:
            self.follower.hear(draft.seq, "")

    def heard(self, event: events.ChatEvent, delivered: Rendered | None) -> None:
        """Something happened in a chat of a visitor who consents."""
        here = self.here.ticket
        if isinstance(event, events.TicketMerged):
            self._merged(event)
        elif isinstance(event, Numbered) and self._moves(event):
            self._socket.spawn(self._move(event, delivered))
        elif here is not None and here.id == event.ticket.id and self.follower is not None:
            self._heard_here(event, delivered, self.follower)

    def _merged(self, event: events.TicketMerged) -> None:
        """What was said in another ticket stands here now: whoever was there goes on here."""
        here, kept = self.here.ticket, event.ticket.id
        if self._left[0] == event.merged_id:
            self._left = (kept, event.seq)
        elif here is not None and here.id in {kept, event.merged_id}:
            stays = here.id == kept
            self._socket.spawn(self.welcome(self.at if stays else 0, once=stays))

    def _heard_here(self, event: OfTicket, delivered: Rendered | None, follower: Follower) -> None:
        match event:
            case events.MessageStored() | events.MessageRedacted() | events.MessageEdited():
                follower.hear(event.seq, delivered.for_visitors[0] if delivered else None)
            case events.TypingChanged() | events.MessagesRead():
                self._socket.say_all((delivered or rendered(event)).for_visitors)
            case events.TicketEnded():
                self.here.standing.ended = True
                self._socket.say_all((delivered or rendered(event)).for_visitors)
            case events.TicketReopened():
                self.here.standing.ended = False
                self._socket.spawn(self.welcome(self.at, once=True))
            case events.TicketStatusChanged():
                if self.here.standing.ended:  # solved or trash: whether a message would open it again
                    self._socket.spawn(self.welcome(self.at, once=True))
            case _:
                assert_never(event)

    def _moves(self, event: Numbered) -> bool:
        """Whether a message is in a later ticket than this. A late one of a ticket that was left is not."""
        here = self.here.ticket
        return (event.ticket.id, event.seq) > (self._left if here is None else (here.id, sys.maxsize))

    async def _move(self, event: Numbered, delivered: Rendered | None) -> None:
        """Go where the message is: once, however many messages come while the first is read."""
        async with self._moving:
            if self._moves(event):
                await self._welcome(0)
            else:
                self.heard(event, delivered)

    def catch_up(self) -> None:
        """Tell what may have been missed."""
        if self.follower is not None:
            self.presence()
            self.follower.catch_up()

    def presence(self) -> None:
        """Tell whether somebody is there, where that has changed since it was last told."""
        online = self._services.bus.online(self.here.account.id)
        if online != self._online and self.follower is not None:
            self._online = online
            self._socket.tell(frames.PresenceOut(online=online))

    async def _missed(self, after: int) -> list[tuple[int, str]]:
        here = self.here
        if not here.standing.consents:
            return []
        if here.ticket is None:
            await self.welcome(0)
            return []
        found = await transcripts.messages(self._services, here.contact.id, here.ticket, after, agents=False)
        last = None if found else await tickets.last_of(self._services, here.contact.id)
        if last is not None and last.id != here.ticket.id and (last.id, last.last_seq) > self._left:
            await self.welcome(0)  # it goes on elsewhere, and nobody here heard of it
        return [(each.seq, frames.encode(each)) for each in found]
