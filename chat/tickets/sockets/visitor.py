"""The visitor's socket: hello with a token, then what a contact with a live consent may do."""

from __future__ import annotations

import time
from functools import partial
from typing import assert_never

from starlette.requests import HTTPConnection

from chat.consent.actions import consent, notices
from chat.core import events, frames
from chat.core.clock import stamp
from chat.core.deliveries import Delivery
from chat.core.errors import Ended, Forbidden, LetheError, NotFound, RateLimited, Unauthorized
from chat.core.gate import Allowance, admit
from chat.core.model import Draft, Ticket
from chat.tickets.actions import activity, editing, posting
from chat.tickets.actions.arrival import Arrival, arrive
from chat.tickets.actions.editing import MessageEdit, edit_ack
from chat.tickets.domain import MESSAGE_RATE
from chat.tickets.sockets.context import ChatContext
from chat.tickets.sockets.view import View
from chat.web.authentication import header, own_origin
from chat.web.sockets.connection import Connection, Receive, Rest, Scope, Send

HELLO_SECONDS, LOOKS = 10.0, 60.0
PENDING = 64
InChat = frames.Typing | frames.Read | frames.Rate | frames.End


class VisitorSocket(Connection[frames.VisitorFrame]):
    """One visitor's socket."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope, receive, send, frames.visitor_frame)
        self.context: ChatContext = scope["state"]["context"]
        self.services = self.context.services
        self.view: View | None = None
        self.messages = Allowance(0, 0)
        self._pending = 0
        self._token, self._until = "", 0

    async def arrived(self) -> None:
        """Wait ten seconds for the hello, no longer."""
        self.later(HELLO_SECONDS, self._late)

    def is_counted(self, frame: frames.VisitorFrame) -> bool:
        """Whether a frame is counted as one: a message without attachments has an allowance that the account sets."""
        return not isinstance(frame, frames.VisitorMessage) or bool(frame.attachments)

    def take(self, frame: frames.VisitorFrame) -> Rest | None:
        """Do what one frame asks: a message waits for nothing, unless its attachments are to be looked up."""
        if isinstance(frame, frames.VisitorMessage) and self.view is not None and not frame.attachments:
            here = self.view.here
            admit(frame, here.standing)
            self._post(frame.id, self._draft(frame, here))
            return None
        return partial(self._take, frame)

    async def _take(self, frame: frames.VisitorFrame) -> None:
        if isinstance(frame, frames.Hello):
            await self._hello(frame)
        elif self.view is None:
            self.refuse(Unauthorized("Say hello first"))
            self.close(frames.CLOSE_UNAUTHORIZED, "say hello first")
        else:
            admit(frame, self.view.here.standing)
            await self._admitted(frame, self.view.here)

    async def _admitted(self, frame: frames.VisitorFrame, here: Arrival) -> None:
        match frame:
            case frames.VisitorMessage():
                draft = self._draft(frame, here)
                await posting.look_up_files(self.services, here.contact, draft)
                self._post(frame.id, draft)
            case frames.Edit():
                await self._edit(frame, here)
            case frames.Consent():
                await self._consent(frame, here)
            case frames.Hello() | frames.Ping() | frames.Pong():
                pass  # answered before, as they need no consent
            case _:
                await self._about(frame, here, here.ticket)

    async def _about(self, frame: InChat, here: Arrival, ticket: Ticket | None) -> None:
        if ticket is None:
            if isinstance(frame, frames.Typing | frames.Read):
                return  # there is nobody to tell yet
            raise NotFound("There is no chat yet; it begins with a message")
        match frame:
            case frames.Typing():
                activity.typing(self.services, ticket, here.name, on=frame.on, source=self)
            case frames.Read():
                await activity.read(self.services, ticket, "visitor", frame.seq, here.name, self)
            case frames.End():
                await activity.end(self.services, ticket, here.name)
            case frames.Rate():
                await activity.rate(self.services, here.contact, ticket, frame.score, frame.comment)
            case _:
                assert_never(frame)

    async def _hello(self, frame: frames.Hello) -> None:
        try:
            visitor = self.services.tokens.read_visitor(frame.token, self.services.clock())
            here = await arrive(self.services, visitor)
            self._check_origin(here)
        except Unauthorized as error:
            self.refuse(error)
            self.close(frames.CLOSE_UNAUTHORIZED, "the token is not good")
            return
        except Forbidden as error:
            self.refuse(error)
            self.close(frames.CLOSE_FORBIDDEN, "not at this site or origin")
            return
        # A second hello may be of another contact: nothing of the first must come here any more.
        self._leave()
        first = self.view is None
        self.view, self._token, self._until = View(self.services, self, here), frame.token, visitor.until
        if first:
            self._look_later()
        self.messages = self.context.visitors.enter(here.contact.id, self, here.account[MESSAGE_RATE])
        # First listen, then read: what comes between is heard and the doubles fall out by their numbers.
        self.services.bus.listen(events.contact_channel(here.contact.id), self, self._heard)
        self.services.bus.listen(events.visitors_channel(here.account.id), self, self._heard)
        if here.standing.consents:
            await self.view.welcome(frame.last_seq, fresh=frame.fresh)
        else:
            self.view.ask()

    def _draft(self, frame: frames.VisitorMessage, here: Arrival) -> Draft:
        at = self.services.clock()
        draft = posting.from_visitor(here.contact, frame, at, ticket=here.ticket, name=here.name, source=self)
        draft.department = frame.department and frame.department.lower()
        return draft

    def _post(self, name: str, draft: Draft) -> None:
        wait = self.messages.take(time.monotonic())
        if wait:
            raise RateLimited("Wait a moment before the next message", retry_after=wait)
        # Besides the allowance, which an account may switch off: what waits for a slow disk must not fill the memory.
        if self._pending >= PENDING:
            raise RateLimited("Wait for what was sent to be stored", retry_after=1)
        self._pending += 1
        self.context.postbox.put(draft, lambda stored: self._stored(name, stored))

    def _stored(self, name: str, draft: Draft) -> None:
        """After the commit: acknowledge, or say why not."""
        self._pending -= 1
        if draft.refusal is not None:
            self.refuse(_wire(draft.refusal), name)
            return
        self.tell(frames.Ack(name, draft.number, stamp(draft.at), draft.held, seq=draft.seq))
        if self.view is not None:
            self.view.stored(draft)

    async def _edit(self, frame: frames.Edit, here: Arrival) -> None:
        # It is scored and told as a message is, so it costs as much.
        wait = self.messages.take(time.monotonic())
        if wait:
            raise RateLimited("Wait a moment before the next message", retry_after=wait)
        if here.ticket is None:
            raise NotFound("There is no chat yet; it begins with a message")
        wanted = MessageEdit(frame.target, frame.id, frame.text)
        out = await editing.by_visitor(self.services, here.contact, here.ticket, wanted)
        self.tell(edit_ack(frame.id, out, self.services.clock()))

    async def _consent(self, frame: frames.Consent, here: Arrival) -> None:
        choices = {each: getattr(frame.consent, each) for each in notices.PURPOSES}
        try:
            await consent.renew(self.services, here.contact, frame.notice_version, choices, self)
        except LetheError as error:
            self.refuse(error)
            await self._refresh()
        else:
            await self._refresh(answer=True)

    async def _refresh(self, *, answer: bool = False) -> None:
        """Look again at consent and ticket after something about them changed; `answer` where somebody waits for it."""
        view = self.view
        if view is None:
            return
        try:
            visitor = self.services.tokens.read_visitor(self._token, self.services.clock())
            here = await arrive(self.services, visitor)
        except Unauthorized:
            self.close(frames.CLOSE_UNAUTHORIZED, "the token is not good")
            return
        except Forbidden as error:
            self.refuse(error)
            self.close(frames.CLOSE_FORBIDDEN, "not at this site or origin")
            return
        was = view.here
        # Consent and notice alone are read anew. Which ticket this socket is about is for the view to say.
        here.ticket, here.standing.ended = was.ticket, was.standing.ended
        view.here = here
        self.messages = self.context.visitors.enter(here.contact.id, self, here.account[MESSAGE_RATE])
        if not here.standing.consents:
            view.ask()
        elif answer or not was.standing.consents or view.follower is None:
            await view.welcome(view.at)

    def _look_later(self) -> None:
        """Look again each minute whether consent and token are good, and in the moment in which the token ends."""
        left = (self._until - self.services.clock()) / 1000
        self.later(max(0.0, min(LOOKS, left)), lambda: self.spawn(self._look_on()))

    async def _look_on(self) -> None:
        try:
            await self._refresh()
        finally:
            if self.view is not None and not self.closing:
                self._look_later()

    def _heard(self, delivery: Delivery[events.ContactEvent | events.VisitorsEvent]) -> None:
        """Something happened that concerns this visitor. Nothing passes without consent, not even outwards."""
        view, event = self.view, delivery.event
        if view is None or _is_elsewhere(event, view.here.site.id):
            return
        match event:
            case events.ContactGone():
                self.close(frames.CLOSE_ERASED, "erased")
            case events.NoticePublished() | events.SiteChanged() | events.ConsentChanged():
                self.spawn(self._refresh())
            case events.EventsMissed():
                self.spawn(self._catch_up())
            case events.PresenceChanged():
                if view.here.standing.consents:
                    view.presence()
            case _:
                if view.here.standing.consents:
                    view.heard(event, delivery.rendered)

    async def _catch_up(self) -> None:
        await self._refresh()
        if self.view is not None and self.view.here.standing.consents:
            self.view.catch_up()

    def _check_origin(self, here: Arrival) -> None:
        origin = header(HTTPConnection(self.scope), "origin")
        if origin is not None and origin not in {
            own_origin(HTTPConnection(self.scope)),
            *here.site.origins,
        }:
            raise Forbidden("This origin is not one of the site's")

    def _late(self) -> None:
        if self.view is None:
            self.close(frames.CLOSE_UNAUTHORIZED, "no hello")

    def _leave(self) -> None:
        if self.view is None:
            return
        here = self.view.here
        self.services.bus.leave(events.contact_channel(here.contact.id), self)
        self.services.bus.leave(events.visitors_channel(here.account.id), self)
        self.context.visitors.leave(here.contact.id, self)

    def left(self) -> None:
        """Let go of channels and allowance."""
        self._leave()
        self.view = None


def _is_elsewhere(event: events.Event, site_id: str) -> bool:
    """Whether an event is of another site's own notice."""
    return isinstance(event, events.NoticePublished) and event.site not in {"", site_id}


def _wire(error: Exception) -> LetheError:
    """Return the refusal as it is told to a visitor: a ticket that is gone has ended for them."""
    if isinstance(error, NotFound):
        return Ended("This chat is not there any more")
    return error if isinstance(error, LetheError) else LetheError()


async def visitor_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """ASGI: `/ws/visitor`."""
    await VisitorSocket(scope, receive, send).run()
