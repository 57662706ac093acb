"""What the sockets of an account's agents share: who it is, what is gone, and the one of a page that is no inbox."""

from __future__ import annotations

import time
from functools import partial
from typing import assert_never

from msgspec import UNSET
from starlette.requests import HTTPConnection

from chat.agent_profile.actions.standing import Mark
from chat.core import access, events, frames
from chat.core.deliveries import Delivery, Rendered
from chat.core.errors import Forbidden, Unauthorized, Unavailable
from chat.core.model import Actor
from chat.team.actions import sessions
from chat.tickets.actions import tickets
from chat.tickets.sockets.context import ChatContext
from chat.web.authentication import COOKIE, admitted, bearer, cookie_of, refuse_password, require_own_page
from chat.web.sockets.connection import Connection, Receive, Rest, Scope, Send

LOOKS, FRESH = 60.0, 1.0
"""Whether the session or token is still good is asked every LOOKS seconds, and before writing if FRESH is over."""


class AccountSocket(Connection[frames.AgentFrame]):
    """A socket of somebody who has signed in, or of a program with a token. It opens for a `permission`."""

    permission = "erasure.read"

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope, receive, send, frames.agent_frame)
        self.context: ChatContext = scope["state"]["context"]
        self.services = self.context.services
        self.actor: Actor | None = None
        self._looked_at = 0.0
        self._heard_until = 0
        self.mark: Mark | None = None

    async def arrived(self) -> None:
        """Find out who this is before anything else."""
        try:
            self.actor = actor = await self._who()
        except Unauthorized as error:
            self.refuse(error)
            self.close(frames.CLOSE_UNAUTHORIZED, "sign in first")
            return
        except Forbidden as error:
            self.refuse(error)
            self.close(frames.CLOSE_FORBIDDEN, error.title)
            return
        self._looked_at = time.monotonic()
        self._heard_until = self.services.clock()
        self._look_later(actor)
        self.context.agents.add(self)
        self.context.watch.begin()
        self.services.bus.listen(events.agents_channel(actor.account_id), self, self.heard)
        await self.joined(actor)

    async def joined(self, actor: Actor) -> None:
        """Say that it listens, and what happened lately. A page then asks of what it shows (`Shown`)."""
        self.tell(frames.Welcome(ticket=None, epoch=0, seq=0, messages=[]))
        await self.lately(actor)

    async def missed(self, actor: Actor) -> None:
        """What other processes did may have been missed: say so, as on arrival."""
        await self.joined(actor)

    def take(self, frame: frames.AgentFrame) -> Rest | None:
        """Say what is gone of what a page shows, and refuse all else."""
        if not isinstance(frame, frames.Shown):
            raise Forbidden("This socket only tells; talk over /ws/agent")
        self.require_allowed(frame)
        return None if self.actor is None else partial(self._say_gone, frame, self.actor)

    def require_allowed(self, frame: frames.AgentFrame) -> None:
        """Raise Forbidden unless who is here may send a frame."""
        if self.actor is not None and frame.permission is not None:
            access.require(self.actor, frame.permission)

    def heard(self, delivery: Delivery[events.AgentsEvent]) -> None:
        """Something happened in the account."""
        event, actor = delivery.event, self.actor
        if actor is None:
            return
        match event:
            case events.CredentialsRevoked() | events.RightsChanged() | events.NetworksChanged():
                if event.concerns(actor.agent_id, actor.role):
                    self.spawn(self.look())
            case events.TicketGone() | events.ContactChanged():
                self._tell_shown(event)
            case events.ErasureChanged():
                self._tell_erasure(actor, event.erasure, delivery.rendered)
            case events.EventsMissed():
                self.spawn(self.look())
                self.spawn(self.missed(actor))
            # A page that is no inbox shows nobody as present, and calls nobody.
            case events.PresenceChanged() | events.AgentMentioned() | events.TicketAssigned():
                pass
            case _:
                assert_never(event)

    def _tell_shown(self, event: events.TicketGone | events.ContactChanged) -> None:
        if isinstance(event, events.TicketGone):
            self.gone(event.ticket.number, event.into)
        else:
            self.tell(frames.ContactOut(event.contact))

    def gone(self, number: int, into: int = 0) -> None:
        """Tell that nothing of a ticket is shown any more, and of which one it is a part by now, if of one."""
        self.tell(frames.TicketOut(number, number, "gone", merged_into=into or UNSET))

    def left(self) -> None:
        """Let go of what it listened to."""
        if self.actor is None:
            return
        self.context.agents.discard(self)
        self.services.bus.leave(events.agents_channel(self.actor.account_id), self)

    def fresh(self) -> bool:
        """Whether the session or token was good a moment ago."""
        return time.monotonic() - self._looked_at < FRESH

    async def look(self) -> None:
        """Look again whether session or token is good, in the database: an event that says so may have been missed."""
        if self.actor is None:
            return
        was = self.actor.permissions, self.actor.departments
        try:
            self.actor = self._admitted_still(await sessions.require_still(self.services, self.actor))
            self._looked_at = time.monotonic()
            if (self.actor.permissions, self.actor.departments) != was:
                # What is open here was opened with other rights: whoever comes again gets what these give.
                self.close(frames.CLOSE_RESTART, "rights changed; come again")
        except Unauthorized as error:
            self.refuse(error)
            self.close(frames.CLOSE_UNAUTHORIZED, "signed out")
        except Forbidden as error:
            self.refuse(error)
            self.close(frames.CLOSE_FORBIDDEN, error.title)

    def _look_later(self, actor: Actor) -> None:
        """Look each minute, and in the moment in which the session ends."""
        left = LOOKS if actor.until is None else (actor.until - self.services.clock()) / 1000
        self.later(max(0.0, min(LOOKS, left)), lambda: self.spawn(self._look_on()))

    async def _look_on(self) -> None:
        try:
            await self.look()
        finally:
            if self.actor is not None and not self.closing:
                self._look_later(self.actor)

    async def _who(self) -> Actor:
        """A program shows its token. A browser shows its cookie, and then `Origin` must be our own."""
        request = HTTPConnection(self.scope)
        token, cookie = bearer(request), cookie_of(request, COOKIE)
        if token:
            return self._admitted_still(await sessions.by_token(self.services, token))
        if not cookie:
            refuse_password(request)
        require_own_page(request)
        return self._admitted_still(await sessions.by_session(self.services, cookie))

    def _admitted_still(self, actor: Actor) -> Actor:
        """Return who is here, if they may use this socket, from where they are. Raises Forbidden."""
        access.require(actor, self.permission)
        return admitted(HTTPConnection(self.scope), actor)

    def _tell_erasure(self, actor: Actor, one: str, delivered: Rendered | None) -> None:
        """Tell of a request that was filed or finished: at once where that was here, before what follows from it."""
        if delivered is None:
            self.spawn(self._read_erasure(actor, one))
        else:
            self.say_all(delivered.for_agents)

    async def _read_erasure(self, actor: Actor, one: str) -> None:
        self.tell(await self.context.erasures.frame_of(self.services, actor.account_id, one))

    async def _say_gone(self, shown: frames.Shown, actor: Actor) -> None:
        """Tell what is gone of what a page shows: it may have been drawn, or without a line, at any time before."""
        contacts = [each.lower() for each in shown.contacts]
        for erased in await self.context.erasures.of_contacts(self.services, actor.account_id, contacts):
            self.tell(erased)
        await self.say_gone(shown.tickets, actor)

    async def say_gone(self, numbers: list[int], actor: Actor) -> None:
        """Tell which of some tickets are gone."""
        gone = await tickets.gone(self.services, actor, numbers)
        into = await tickets.merged_into(self.services, actor, gone) if gone else {}
        for number in gone:
            self.gone(number, into.get(number, 0))

    async def lately(self, actor: Actor) -> None:
        """Tell what was told elsewhere since this socket came, or was told so before, however long that is."""
        now = self.services.clock()
        try:
            missed = await self.context.erasures.lately(self.services, actor.account_id, self._heard_until)
        except Unavailable:  # who comes again is told
            self.close(frames.CLOSE_RESTART, "try again")
            return
        self._heard_until = now
        for each in missed:
            self.tell(each)


async def gone_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """ASGI: `/ws/gone`, which tells a page who was erased, asks nothing, and shows nobody as present."""
    await AccountSocket(scope, receive, send).run()
