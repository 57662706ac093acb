"""The agent's socket: opens tickets, answers, notes, and hears what happens in the account."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import assert_never

from msgspec import UNSET

from chat.core import access, events, frames
from chat.core.clock import stamp
from chat.core.deliveries import Delivery, Rendered
from chat.core.errors import Forbidden, LetheError, NotFound, Unauthorized, Unavailable
from chat.core.model import Actor, Draft
from chat.tickets.actions import activity, editing, entries, parts, posting, tickets, transcripts, viewing
from chat.tickets.actions.activity import rendered
from chat.tickets.actions.editing import MessageEdit, edit_ack
from chat.tickets.actions.tickets import OpenedTicket
from chat.tickets.domain import Span
from chat.tickets.sockets.account import AccountSocket
from chat.tickets.sockets.looking import LookingAt
from chat.tickets.sockets.view import Follower, InTicket, Opening, Watched
from chat.web.sockets.connection import Receive, Rest, Scope, Send

WATCHED = 200
WRITES = frames.AgentMessage | frames.AgentNote | frames.AgentEdit | frames.AgentRead
Admitted = (
    WRITES
    | frames.Open
    | frames.Earlier
    | frames.Close
    | frames.AgentTyping
    | frames.Presence
    | frames.Looking
    | frames.Ping
    | frames.Pong
)


NEEDS: Mapping[type[frames.AgentFrame], str | None] = {
    frames.Open: "ticket.read",
    frames.Earlier: "ticket.read",
    frames.Close: None,
    frames.AgentMessage: "ticket.answer",
    frames.AgentNote: "ticket.answer",
    frames.AgentEdit: "ticket.answer",
    frames.AgentTyping: "ticket.answer",
    frames.AgentRead: "ticket.read",
    frames.Presence: "ticket.answer",
    frames.Looking: "ticket.read",
    frames.Shown: None,
    frames.Follow: "ticket.read",
    frames.Ping: None,
    frames.Pong: None,
}
"""The permission that each frame needs; None for what asks or changes nothing of a ticket."""


class AgentSocket(AccountSocket):
    """One agent's socket."""

    permission = "ticket.read"

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope, receive, send)
        self.watched: dict[int, Watched] = {}
        self.opening: Opening | None = None
        self.looking = LookingAt(self, self.context.names)

    async def joined(self, actor: Actor) -> None:
        """Be seen by visitors and hear of every ticket."""
        self.context.feed(actor.account_id).join(self, self._tell_changed)
        self.services.bus.present(actor.account_id, actor.agent_id, "online", self)
        await self._welcome(actor)
        await self._introduce(actor)

    def _tell_changed(self, changed: frames.TicketOut, line: str) -> None:
        """Tell what changed in the list. One that went to a department that is not theirs is gone for who had it."""
        sees = None if self.actor is None else self.actor.departments
        if sees is None or not changed.department or changed.department.id in sees:
            self.say(line)
        else:
            self.gone(changed.number)

    async def _welcome(self, actor: Actor) -> None:
        """Say that it listens, and that what is known of the lists is to be read anew."""
        epoch = await tickets.epoch(self.services)
        me = {"id": actor.agent_id, "name": actor.name}
        self.tell(frames.Welcome(ticket=None, epoch=epoch, seq=0, messages=[], agent=me, online=True))

    def take(self, frame: frames.AgentFrame) -> Rest | None:
        """Do what one frame asks. An answer without attachments in a ticket that is open here waits for nothing."""
        self.require_allowed(frame)
        # Nor has it time to ask the database whether the session still holds, so it needs a fresh answer to that.
        if self.actor is not None and isinstance(frame, frames.AgentMessage) and not frame.attachments and self.fresh():
            watched = self.watched.get(frame.ticket)
            if watched is not None:
                self._post(frame.id, posting.from_agent(self.actor, watched.opened, frame, self.services.clock(), self))
                return None
        return partial(self._take, frame)

    async def _take(self, frame: frames.AgentFrame) -> None:
        if self.actor is None:
            raise Unauthorized("Sign in first")
        if isinstance(frame, WRITES) and not self.fresh():
            await self.look()
            if self.closing:
                return
        if (needed := NEEDS[type(frame)]) is not None:
            access.require(self.actor, needed)
        if isinstance(frame, frames.Shown):
            await self._say_gone(frame, self.actor)
        elif isinstance(frame, frames.Follow):
            # All views are told, whichever is looked at: their counts come from one aggregate.
            self.context.counts_of(self.actor.account_id).join(self, self.actor, self.say)
        else:
            await self._admitted(frame, self.actor)

    async def _admitted(self, frame: Admitted, actor: Actor) -> None:
        match frame:
            case frames.AgentMessage():
                opened = await self._ticket(frame.ticket)
                draft = posting.from_agent(actor, opened, frame, self.services.clock(), self)
                await posting.look_up_files(self.services, opened.contact, draft)
                self._post(frame.id, draft)
            case frames.Open() | frames.Earlier() | frames.Close():
                await self._show(frame, actor)
            case frames.AgentNote() | frames.AgentEdit():
                await self._note(frame, actor)
            case frames.AgentTyping() | frames.AgentRead() | frames.Looking():
                await self._tell_others(frame, actor)
            case frames.Presence():
                self.services.bus.present(actor.account_id, actor.agent_id, frame.status, self)
                self.tell(_presence(actor.agent_id, actor.name, frame.status))
            case frames.Ping() | frames.Pong():
                pass  # answered before
            case _:
                assert_never(frame)

    async def _show(self, frame: frames.Open | frames.Earlier | frames.Close, actor: Actor) -> None:
        if isinstance(frame, frames.Open):
            await self._opened(frame, actor)
        elif isinstance(frame, frames.Earlier):
            await self._earlier(frame)
        else:
            self._close_ticket(frame.ticket)

    async def _tell_others(self, frame: frames.AgentTyping | frames.AgentRead | frames.Looking, actor: Actor) -> None:
        if isinstance(frame, frames.Looking):
            self.looking.at(None if frame.ticket is None else self.watched.get(frame.ticket), actor.agent_id)
            return
        ticket = (await self._ticket(frame.ticket)).ticket
        if isinstance(frame, frames.AgentTyping):
            activity.typing(self.services, ticket, actor, on=frame.on, source=self)
        else:
            await activity.read(self.services, ticket, "agent", frame.seq, actor.name, self, actor.alias)

    async def _introduce(self, actor: Actor) -> None:
        names = await self.context.names.of(actor.account_id)
        for agent, status in self.services.bus.agents(actor.account_id).items():
            if agent != actor.agent_id:
                self.tell(_presence(agent, names.get(agent, ""), status))

    async def _ticket(self, number: int) -> OpenedTicket:
        watched = self.watched.get(number)
        if watched is not None:
            return watched.opened
        if self.actor is None:
            raise Unauthorized("Sign in first")
        return await tickets.one(self.services, self.actor, number)

    async def _opened(self, frame: frames.Open, actor: Actor) -> None:
        if len(self.watched) >= WATCHED and frame.ticket not in self.watched:
            raise Forbidden(f"At most {WATCHED} tickets can be open on one socket")
        self.opening = opening = Opening(frame.ticket)
        try:
            await self._open(frame, actor, opening)
        except NotFound as error:
            error.extra["ticket"] = frame.ticket
            raise
        finally:
            self.opening = None
            if frame.ticket not in self.watched:
                self.services.bus.leave(opening.channel, self)
        for event, delivered in opening.early:
            self._heard_of_ticket(event, delivered)

    async def _open(self, frame: frames.Open, actor: Actor, opening: Opening) -> None:
        opened = await viewing.view_ticket(self.services, actor, frame.ticket)
        ticket, contact = opened.ticket, opened.contact

        async def missed(after: int) -> list[tuple[int, str]]:
            found = await transcripts.messages(self.services, contact.id, ticket, after, agents=True)
            return [(each.seq, frames.encode(each)) for each in found]

        async def missed_notes(after: int) -> list[tuple[int, str]]:
            found = await transcripts.notes(self.services, contact.id, ticket, after)
            return [(each.note, frames.encode(each)) for each in found]

        async def missed_entries(after: int) -> list[tuple[int, str]]:
            found = await entries.page(self.services, contact.id, ticket, after)
            return [(each.entry, frames.encode(each)) for each in found]

        # First listen, then read: what happens meanwhile waits for the followers, who drop what comes twice.
        opening.channel = channel = events.ticket_channel(ticket.id)
        self.services.bus.listen(channel, self, self.heard)
        among = parts.latest(opened, frame.last_seq, frame.latest)
        found = await parts.read(self.services, opened, among, frame.last_seq)
        seq = max([ticket.last_seq, *(each.seq for each in found.messages)])
        last_note = max([ticket.last_note, *(each.note for each in found.notes)])
        last_entry = max([ticket.last_entry, *(each.entry for each in found.entries)])
        summary = await tickets.summary(self.services, actor, frame.ticket)
        epoch = await tickets.epoch(self.services)
        if self.opening is None:
            raise NotFound("No such ticket")  # it went while it was being read: nobody is shown it after that
        self.watched[ticket.number] = Watched(
            opened,
            Follower(seq, missed, self.say, self.spawn),
            Follower(last_note, missed_notes, self.say, self.spawn),
            Follower(last_entry, missed_entries, self.say, self.spawn),
            # Whoever resumes may show all that is before.
            first=1 if frame.last_seq else among.first,
        )
        self.tell(
            frames.Welcome(
                ticket=ticket.number,
                epoch=epoch,
                seq=seq,
                messages=found.messages,
                notes=found.notes,
                entries=found.entries,
                last_seq=seq,
                last_note=last_note,
                last_entry=last_entry,
                first_seq=UNSET if frame.latest is None else among.first,
                read=frames.Seen(ticket.agent_read, ticket.visitor_read),
                summary=summary,
            )
        )

    async def _earlier(self, frame: frames.Earlier) -> None:
        watched = self.watched.get(frame.ticket)
        if watched is None:
            raise NotFound("Open the ticket first")
        among = Span(max(1, frame.before - frame.count), frame.before)
        found = await parts.read(self.services, watched.opened, among)
        watched = self.watched.get(frame.ticket)
        if watched is not None:  # else it went while it was being read
            watched.first = min(watched.first, among.first)
            self.tell(frames.EarlierOut(frame.ticket, frame.before, among.first, *found))

    def _close_ticket(self, number: int) -> None:
        watched = self.watched.pop(number, None)
        if watched is not None:
            self.looking.closed(watched)
            self.services.bus.leave(events.ticket_channel(watched.opened.ticket.id), self)

    def _post(self, name: str, draft: Draft) -> None:
        self.context.postbox.put(draft, lambda stored: self._stored(name, stored))

    def _stored(self, name: str, draft: Draft) -> None:
        """After the commit: acknowledge, or say why not."""
        if draft.refusal is not None:
            refusal = draft.refusal
            self.refuse(refusal if isinstance(refusal, LetheError) else LetheError(), name)
            return
        self.tell(frames.Ack(name, draft.number, stamp(draft.at), draft.held, seq=draft.seq))
        watched = self.watched.get(draft.number)
        if watched is not None and not draft.repeated:
            watched.messages.hear(draft.seq, "")

    async def _note(self, frame: frames.AgentNote | frames.AgentEdit, actor: Actor) -> None:
        if isinstance(frame, frames.AgentEdit):
            wanted = MessageEdit(frame.target, frame.id, frame.text)
            changed = await editing.by_agent(self.services, actor, frame.ticket, wanted)
            self.tell(edit_ack(frame.id, changed, self.services.clock()))
            return
        said = frame.id, frame.text, self
        out, again = await tickets.add_note(self.services, actor, frame.ticket, *said, named=frame.mentions)
        self.tell(frames.Ack(frame.id, frame.ticket, out.at, held=False, note=out.note, after_seq=out.after_seq))
        watched = self.watched.get(frame.ticket)
        if watched is not None and not again:
            watched.notes.hear(out.note, "")

    def heard(self, delivery: Delivery[events.AgentsEvent | events.TicketEvent]) -> None:
        """Something happened in the account or in a ticket that is open here."""
        event, actor = delivery.event, self.actor
        if actor is None:
            return
        match event:
            case events.CredentialsRevoked() | events.RightsChanged() | events.NetworksChanged():
                super().heard(Delivery(event, delivery.rendered))
            case events.TicketGone() | events.ErasureChanged() | events.ContactChanged() | events.EventsMissed():
                super().heard(Delivery(event, delivery.rendered))
            case events.AgentMentioned() | events.TicketAssigned() | events.PresenceChanged():
                self._heard_of_agent(event, actor)
            case _:
                self._heard_of_ticket(event, delivery.rendered)

    def _heard_of_ticket(self, event: InTicket, delivered: Rendered | None) -> None:
        number = event.ticket.number
        if self.opening is not None and self.opening.number == number:
            self.opening.early.append((event, delivered))
        elif number in self.watched:
            self._heard_in_ticket(event, delivered, self.watched[number])

    def _heard_in_ticket(self, event: InTicket, delivered: Rendered | None, watched: Watched) -> None:
        match event:
            case (
                events.MessageStored()
                | events.MessageRedacted()
                | events.MessageEdited()
                | events.NoteAdded()
                | events.SystemEntered()
                | events.TicketMerged()
            ):
                watched.hear(event, delivered)
            case events.TypingChanged() | events.MessagesRead() | events.TicketEnded():
                self._say_activity(event, delivered)
            case events.LookingChanged():
                self.looking.heard(event, watched)
            case events.QuarantineChanged():
                self.spawn(self._say_again(delivered, watched))
            case events.TicketReopened() | events.TicketStatusChanged():
                pass  # the ticket's summary says it
            case _:
                assert_never(event)

    def _say_activity(
        self, event: events.TypingChanged | events.MessagesRead | events.TicketEnded, delivered: Rendered | None
    ) -> None:
        if delivered is None and isinstance(event, events.TypingChanged):
            self.spawn(self._say_who_types(event))
        else:
            self.say_all((delivered or rendered(event)).for_agents)

    async def _say_who_types(self, event: events.TypingChanged) -> None:
        """A colleague at another process, which says no names."""
        names = await self.context.names.of(event.ticket.account)
        self.say_all(rendered(event, names.get(event.agent)).for_agents)

    async def _say_again(self, delivered: Rendered | None, watched: Watched) -> None:
        """Quarantined or released: the same numbers again, as they now are, of what was told of the ticket."""
        if delivered is None:
            contact, ticket = watched.opened.contact.id, watched.opened.ticket
            found = await transcripts.messages(self.services, contact, ticket, watched.first - 1, agents=True)
            delivered = Rendered(agents=found)
        self.say_all(delivered.for_agents)

    def gone(self, number: int, into: int = 0) -> None:
        """Let go of a ticket, also while it is being opened."""
        self.opening = None if self.opening and self.opening.number == number else self.opening
        self._close_ticket(number)
        super().gone(number, into)

    def _heard_of_agent(
        self, event: events.AgentMentioned | events.TicketAssigned | events.PresenceChanged, actor: Actor
    ) -> None:
        """Tell what others do, and who calls this agent, not what this one does and whom others call."""
        if isinstance(event, events.PresenceChanged):
            if event.agent != actor.agent_id:
                self.spawn(self._present(event.agent, actor))
        elif event.agent == actor.agent_id:
            self.spawn(self._called(event, actor))

    async def _called(self, event: events.AgentMentioned | events.TicketAssigned, actor: Actor) -> None:
        names = await self.context.names.of(actor.account_id)
        by = frames.Author("agent", names.get(event.by)) if event.by else frames.Author("system")
        if isinstance(event, events.AgentMentioned):
            self.tell(frames.MentionedOut(event.ticket.number, event.note, by))
        else:
            self.tell(frames.AssignedOut(event.ticket.number, by))

    async def _present(self, agent: str, actor: Actor) -> None:
        names = await self.context.names.of(actor.account_id)
        status = self.services.bus.status(actor.account_id, agent)
        self.tell(_presence(agent, names.get(agent, ""), status))

    async def missed(self, actor: Actor) -> None:
        """What other processes did may have been missed: let go of what is gone, catch up on what is there."""
        await self.lately(actor)
        try:
            await self.say_gone(list(self.watched), actor)
            await self._welcome(actor)
        except Unavailable:  # who comes again reads all anew
            self.close(frames.CLOSE_RESTART, "try again")
        for watched in self.watched.values():
            watched.catch_up()
        self.looking.again()

    def left(self) -> None:
        """Let go of every channel. The account hears that this agent has gone."""
        if self.actor is None:
            return
        for number in list(self.watched):
            self._close_ticket(number)
        self.context.left_feed(self.actor.account_id, self)
        self.context.left_counts(self.actor.account_id, self)
        self.services.bus.present(self.actor.account_id, self.actor.agent_id, "offline", self)
        super().left()


def _presence(agent: str, name: str, status: str) -> frames.PresenceOut:
    return frames.PresenceOut(agent={"id": agent, "name": name}, status=status)


async def agent_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """ASGI: `/ws/agent`."""
    await AgentSocket(scope, receive, send).run()
