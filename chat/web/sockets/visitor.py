"""The visitor's socket: hello with a token, then what a contact with a live consent may do."""

from __future__ import annotations

import time
import uuid

from starlette.requests import HTTPConnection

from chat import frames
from chat.actions.privacy import consent
from chat.actions.talk import attachments, tickets, transcripts
from chat.actions.talk.arrival import Arrival, arrive
from chat.clock import stamp
from chat.errors import Ended, Forbidden, LetheError, NotFound, RateLimited, Unauthorized
from chat.gate import Allowance, admit
from chat.model import Draft, Ticket
from chat.nudges import Told
from chat.web.doors import Doors, own_origin
from chat.web.sockets.connection import Connection, Follower, Receive, Scope, Send, naming

HELLO_SECONDS = 10.0
PENDING = 64


class VisitorSocket(Connection):
    """One visitor's socket."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope, receive, send)
        self.doors: Doors = scope["state"]["doors"]
        self.desk = self.doors.desk
        self.here: Arrival | None = None
        self.follower: Follower | None = None
        self.messages = Allowance(0, 0)
        self._pending = 0
        self._token = ""

    async def arrived(self) -> None:
        """Wait ten seconds for the hello, no longer."""
        self.later(HELLO_SECONDS, self._late)

    async def take(self, text: str) -> None:
        """Do what one frame asks."""
        frame = frames.visitor_frame(text)
        if isinstance(frame, frames.Hello):
            await self._hello(frame)
            return
        if self.here is None:
            self.refuse(Unauthorized("Say hello first"))
            self.close(frames.CLOSE_UNAUTHORIZED, "say hello first")
            return
        with naming(frame):
            admit(frame, self.here.standing)
            await self._admitted(frame, self.here)

    async def _admitted(self, frame: frames.VisitorFrame, here: Arrival) -> None:
        match frame:
            case frames.Message():
                await self._post(frame, here)
            case frames.Consent():
                await self._consent(frame, here)
            case frames.Typing() | frames.Read() if here.ticket is None:
                return  # there is nobody to tell yet
            case _ if here.ticket is None:
                raise NotFound("There is no chat yet; it begins with a message")
            case _:
                await self._about(frame, here, here.ticket)

    async def _about(self, frame: frames.VisitorFrame, here: Arrival, ticket: Ticket) -> None:
        match frame:
            case frames.Typing():
                author = frames.Author("visitor", here.name)
                tickets.typing(self.desk, ticket, author, on=frame.on, source=self)
            case frames.Read():
                await tickets.read(self.desk, ticket, "visitor", frame.seq, here.name, self)
            case frames.End():
                await tickets.end(self.desk, ticket, here.name)
            case frames.Rate():
                await tickets.rate(self.desk, here.contact, ticket, frame.score, frame.comment)

    async def _hello(self, frame: frames.Hello) -> None:
        try:
            visitor = self.desk.tokens.read_visitor(frame.token, self.desk.clock())
            here = await arrive(self.desk, visitor)
            self._check_origin(here)
        except Unauthorized as error:
            self.refuse(error)
            self.close(frames.CLOSE_UNAUTHORIZED, "the token is not good")
            return
        except Forbidden as error:
            self.refuse(error)
            self.close(frames.CLOSE_FORBIDDEN, "this origin is not the site's")
            return
        self._leave()
        self.here, self._token = here, frame.token
        self.messages = self.doors.visitors.enter(here.contact.id, self, here.account.message_rate)
        # First listen, then read: what comes between is heard and the doubles fall out by their numbers.
        for channel in (f"contact:{here.contact.id}", f"visitors:{here.account.id}", "server"):
            self.desk.live.listen(channel, self, self._heard)
        if not here.standing.consents:
            self._ask(here)
            return
        await self._welcome(here, frame.last_seq, fresh=frame.fresh)

    async def _welcome(self, here: Arrival, after: int, *, fresh: bool = False) -> None:
        ticket = await tickets.last_of(self.desk, here.contact.id)
        if ticket is not None and ticket.ended and fresh:
            ticket = None
        here.ticket, here.standing.ended = ticket, ticket is not None and ticket.ended
        found: list[frames.Entry] = []
        if ticket is not None:
            found = await transcripts.messages(self.desk, here.contact.id, ticket, after, agents=False)
        seq = max([after if ticket is None else ticket.last_seq, *(each.seq for each in found)])
        seq = seq if ticket is not None else 0
        self.follower = Follower(seq, self._missed, self.say, self.spawn)
        self.tell(
            frames.Welcome(
                ticket=None if ticket is None else ticket.number,
                epoch=here.epoch,
                seq=seq,
                messages=found,
                online=self.desk.live.online(here.account.id),
                status=None if ticket is None else ticket.status,
                read=frames.Seen() if ticket is None else frames.Seen(ticket.agent_read, ticket.visitor_read),
            )
        )

    async def _post(self, frame: frames.Message, here: Arrival) -> None:
        wait = self.messages.take(time.monotonic())
        if wait:
            raise RateLimited("Wait a moment before the next message", retry_after=round(wait, 2))
        if self._pending >= PENDING:
            raise RateLimited("Wait for what was sent to be stored", retry_after=1)
        contact = here.contact
        shown = await attachments.named(self.desk, contact, "visitor", frame.attachments)
        self._pending += 1
        draft = Draft(
            contact_id=contact.id,
            contact_uid=contact.uid,
            key_slot=contact.key_slot,
            account_id=contact.account_id,
            site_id=contact.site_id,
            author="visitor",
            cid=uuid.UUID(frame.id).bytes,
            text=frame.text,
            at=self.desk.clock(),
            ticket_id=None if here.ticket is None else here.ticket.id,
            name=here.name,
            source=self,
            attachments=tuple(frame.attachments),
            shown=shown,
        )
        self.doors.postbox.put(draft, lambda stored: self._stored(frame.id, stored))

    def _stored(self, name: str, draft: Draft) -> None:
        """After the commit: acknowledge, or say why not."""
        self._pending -= 1
        here = self.here
        if draft.refusal is not None:
            self.refuse(_wire(draft.refusal), name)
            return
        ack = frames.Ack(name, draft.number, stamp(draft.at), draft.held, seq=draft.seq)
        self.tell(ack)
        if here is None or self.follower is None:
            return
        if here.ticket is None and draft.ticket is not None:
            here.ticket = draft.ticket
            self.follower.at = 0
        if here.ticket is not None and here.ticket.id == draft.ticket_id and not draft.repeated:
            self.follower.hear(draft.seq, "")

    async def _consent(self, frame: frames.Consent, here: Arrival) -> None:
        choices = {"chat": frame.consent.chat, "spam_training": frame.consent.spam_training}
        try:
            await consent.renew(self.desk, here.contact, frame.notice_version, choices, self)
        except LetheError as error:
            self.refuse(error)
            await self._refresh()
        else:
            await self._refresh(answer=True)

    async def _refresh(self, *, answer: bool = False) -> None:
        """Look again at consent and ticket after something about them changed; `answer` where somebody waits for it."""
        if self.here is None:
            return
        was = self.here
        try:
            visitor = self.desk.tokens.read_visitor(self._token, self.desk.clock())
            here = await arrive(self.desk, visitor)
        except Unauthorized:
            self.close(frames.CLOSE_UNAUTHORIZED, "the token is not good")
            return
        here.ticket, here.standing.ended = was.ticket, was.standing.ended
        self.here = here
        self.messages = self.doors.visitors.enter(here.contact.id, self, here.account.message_rate)
        if not here.standing.consents:
            self._ask(here)
        elif answer or not was.standing.consents or self.follower is None:
            await self._welcome(here, self.follower.at if self.follower else 0)

    def _ask(self, here: Arrival) -> None:
        self.tell(frames.ConsentRequiredOut(here.notice))

    async def _missed(self, after: int) -> list[tuple[int, str]]:
        here = self.here
        if here is None or not here.standing.consents:
            return []
        if here.ticket is None:
            await self._welcome(here, 0)
            return []
        found = await transcripts.messages(self.desk, here.contact.id, here.ticket, after, agents=False)
        return [(each.seq, frames.encode(each)) for each in found]

    def _heard(self, told: Told) -> None:
        """Something happened that concerns this visitor. Nothing passes without consent, not even outwards."""
        here, nudge = self.here, told.nudge
        if here is None:
            return
        if nudge.kind == "erased":
            self.close(frames.CLOSE_ERASED, "erased")
        elif nudge.kind in {"notice", "consent", "resync"}:
            self.spawn(self._looked(nudge.kind))
        elif here.standing.consents:
            self._heard_in_chat(told, here)

    async def _looked(self, kind: str) -> None:
        await self._refresh()
        if kind == "resync" and self.follower is not None:
            self.follower.catch_up()

    def _heard_in_chat(self, told: Told, here: Arrival) -> None:
        nudge, follower = told.nudge, self.follower
        elsewhere = here.ticket is None or here.ticket.id != nudge.ticket
        match nudge.kind:
            case "presence":
                self._presence(here)
            case "message" if elsewhere:
                self.spawn(self._welcome(here, 0))
            case _ if elsewhere or follower is None:
                return
            case "message":
                follower.hear(nudge.seq, told.entry.for_visitor if told.entry else None)
            case "typing" if nudge.by == "agent":
                self.tell(told.entry or frames.TypingOut(nudge.number, frames.Author("agent"), nudge.on))
            case "read" if nudge.by == "agent":
                self.tell(told.entry or frames.ReadOut(nudge.number, nudge.seq, frames.Author("agent")))
            case "ended":
                self._ended(told, here)

    def _ended(self, told: Told, here: Arrival) -> None:
        here.standing.ended = not told.nudge.on
        if told.nudge.on:
            self.spawn(self._welcome(here, self.follower.at if self.follower else 0))
        else:
            self.tell(told.entry or frames.EndedOut(told.nudge.number, frames.Author(told.nudge.by)))

    def _presence(self, here: Arrival) -> None:
        online = self.desk.live.online(here.account.id)
        if online != here.online:
            here.online = online
            self.tell(frames.PresenceOut(online=online))

    def _check_origin(self, here: Arrival) -> None:
        origin = HTTPConnection(self.scope).headers.get("origin")
        if origin is not None and origin not in {
            own_origin(HTTPConnection(self.scope)),
            *here.site.origins,
        }:
            raise Forbidden("This origin is not one of the site's")

    def _late(self) -> None:
        if self.here is None:
            self.close(frames.CLOSE_UNAUTHORIZED, "no hello")

    def _leave(self) -> None:
        if self.here is None:
            return
        for channel in (
            f"contact:{self.here.contact.id}",
            f"visitors:{self.here.account.id}",
            "server",
        ):
            self.desk.live.leave(channel, self)
        self.doors.visitors.leave(self.here.contact.id, self)

    def left(self) -> None:
        """Let go of channels and allowance."""
        self._leave()
        self.here = None


def _wire(error: Exception) -> LetheError:
    """Return the refusal as it is told to a visitor: a ticket that is gone has ended for them."""
    if isinstance(error, NotFound):
        return Ended("This chat is not there any more")
    return error if isinstance(error, LetheError) else LetheError()


async def visitor_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """ASGI: `/ws/visitor`."""
    await VisitorSocket(scope, receive, send).run()
