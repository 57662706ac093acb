"""What a visitor is told of a chat: the state on arrival, then all that happens, in order and without a gap."""

from __future__ import annotations

import asyncio
import sys

from chat.core import frames
from chat.core.model import Draft, Ticket
from chat.core.nudges import Nudge, Told
from chat.infra.services import Services
from chat.tickets.actions import tickets, transcripts
from chat.tickets.actions.arrival import Arrival
from chat.web.sockets.connection import Connection, Follower


class View:
    """What one visitor sees; `here` is who it is and where they stand. Nothing is told without a live consent."""

    def __init__(self, services: Services, socket: Connection, here: Arrival) -> None:
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
        Tell the state, and everything after a number; `fresh` leaves an ended ticket behind until more is said in it,
        and `once` leaves out what was told while this was read.
        """
        async with self._moving:
            await self._welcome(after, fresh=fresh, once=once)

    async def _welcome(self, after: int, *, fresh: bool = False, once: bool = False) -> None:
        ticket, found = await self._read(after, fresh=fresh)
        here = self.here
        # The ticket and who follows it change in one step: what comes while they are read waits for both.
        here.ticket, here.standing.ended = ticket, ticket is not None and ticket.ended
        told = self.at if once else 0
        found = [each for each in found if each.seq > told]
        seq = 0 if ticket is None else max([ticket.last_seq, told, *(each.seq for each in found)])
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
        """The visitor's own message has its number; their side has the text already."""
        here = self.here
        if self.follower is None:
            return
        if here.ticket is None and draft.ticket is not None and not draft.repeated:
            here.ticket = draft.ticket
            self.follower.at = 0
        if here.ticket is not None and here.ticket.id == draft.ticket_id and not draft.repeated:
            self.follower.hear(draft.seq, "")

    def heard(self, told: Told) -> None:
        """Something happened that concerns a visitor who consents."""
        here, nudge, follower = self.here, told.nudge, self.follower
        elsewhere = here.ticket is None or here.ticket.id != nudge.ticket
        match nudge.kind:
            case "presence":
                self.presence()
            case "message" if self._moves(nudge):
                self._socket.spawn(self._move(told))
            case _ if elsewhere or follower is None:
                return
            case "message":
                follower.hear(nudge.seq, told.entry.for_visitor if told.entry else None)
            case "typing" if nudge.by == "agent":
                self._socket.tell(told.entry or frames.TypingOut(nudge.number, frames.Author("agent"), nudge.on))
            case "read":  # the visitor's own too: their other windows count what is unread
                self._socket.tell(told.entry or frames.ReadOut(nudge.number, nudge.seq, frames.Author(nudge.by)))
            case "ended":
                self._ended(told)

    def _moves(self, nudge: Nudge) -> bool:
        """Whether a message is in a later ticket than this; what comes late of one that was left does not lead back."""
        here = self.here.ticket
        return (nudge.ticket, nudge.seq) > (self._left if here is None else (here.id, sys.maxsize))

    async def _move(self, told: Told) -> None:
        """Go where the message is: once, however many messages come while the first is read."""
        async with self._moving:
            if self._moves(told.nudge):
                await self._welcome(0)
            else:
                self.heard(told)

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
        return [(each.seq, frames.encode(each)) for each in found]

    def _ended(self, told: Told) -> None:
        nudge = told.nudge
        self.here.standing.ended = not nudge.on
        if nudge.on:
            self._socket.spawn(self.welcome(self.at, once=True))
        else:
            self._socket.tell(told.entry or frames.EndedOut(nudge.number, frames.Author(nudge.by)))
