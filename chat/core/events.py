"""
What happened: a closed union, one class an event. The bus carries events between sockets and processes; webhooks and
reports are made of those that may leave the server.

An event holds ids and numbers, nothing personal: who may know more reads it from the database. Each event names the
channels it is told on, and each channel names the events that it carries. mypy proves that both agree, and that
whoever listens to a channel says what becomes of each of its events (`assert_never`).
"""

from __future__ import annotations

from typing import ClassVar, Literal, Never

from msgspec import Struct

from chat.core.deliveries import Channel, ChannelOf

Side = Literal["visitor", "agent"]


class BaseEvent(Struct, frozen=True, tag_field="event"):
    """
    Something that happened. `leaves_server`: whether programs of the account (webhooks, reports) may be told; else it
    is of use to this server alone. Accounts, agents and erasures are named by public id, contacts by their row's key.
    """

    leaves_server: ClassVar[bool]

    def channels(self) -> tuple[Channel[Never], ...]:
        """Return the channels it is told on."""
        raise NotImplementedError  # each class says its own; a Struct takes no abstract base class


class TicketRef(Struct, frozen=True):
    """Which ticket: its account, its contact's key, its own key `id`, and the `number` by which people name it."""

    account: str
    contact: int
    id: int
    number: int


class _InChat(BaseEvent, frozen=True):
    ticket: TicketRef

    def channels(self) -> tuple[Channel[ChatEvent], ...]:
        """Return whoever follows the chat: the agents who have it open, the contact's windows."""
        return ticket_channel(self.ticket.id), contact_channel(self.ticket.contact)


class _InTicket(BaseEvent, frozen=True):
    ticket: TicketRef

    def channels(self) -> tuple[Channel[TicketEvent], ...]:
        """Return the agents who have the ticket open."""
        return (ticket_channel(self.ticket.id),)


class _ToContact(BaseEvent, frozen=True):
    account: str
    contact: int

    def channels(self) -> tuple[Channel[ContactEvent], ...]:
        """Return the contact's windows."""
        return (contact_channel(self.contact),)


class _ToVisitors(BaseEvent, frozen=True):
    account: str

    def channels(self) -> tuple[Channel[VisitorsEvent], ...]:
        """Return the account's visitors."""
        return (visitors_channel(self.account),)


class _ToAgents(BaseEvent, frozen=True):
    account: str

    def channels(self) -> tuple[Channel[AgentsEvent], ...]:
        """Return the account's agents."""
        return (agents_channel(self.account),)


class _ToServer(BaseEvent, frozen=True):
    def channels(self) -> tuple[Channel[ServerEvent], ...]:
        """Return what keeps something in this process."""
        return (SERVER,)


class _ToPrograms(BaseEvent, frozen=True):
    account: str

    def channels(self) -> tuple[Channel[Never], ...]:
        """Return none: nobody here follows it. It is recorded for programs, and not published."""
        return ()


class _OfBus(BaseEvent, frozen=True):
    def channels(self) -> tuple[Channel[Never], ...]:
        """Return none: the bus itself knows whom to tell."""
        return ()


class MessageStored(_InChat, frozen=True, tag="message.stored"):
    """A message got the number `seq` in its ticket. It is committed."""

    leaves_server: ClassVar[bool] = True
    seq: int


class MessageRedacted(_InChat, frozen=True, tag="message.redacted"):
    """The message `target` was emptied, or lost a file; the entry that says so got the number `seq`."""

    leaves_server: ClassVar[bool] = True
    seq: int
    target: int


class MessageEdited(_InChat, frozen=True, tag="message.edited"):
    """The message `target` says another text; the entry that says so got the number `seq`."""

    leaves_server: ClassVar[bool] = True
    seq: int
    target: int


class TypingChanged(_InChat, frozen=True, tag="typing.changed"):
    """The visitor, or an agent (by id), types (`on`) or has stopped."""

    leaves_server: ClassVar[bool] = False
    author: Side
    on: bool
    agent: str = ""


class MessagesRead(_InChat, frozen=True, tag="messages.read"):
    """The visitor, or an agent, has read up to `seq`."""

    leaves_server: ClassVar[bool] = False
    reader: Side
    seq: int


class TicketEnded(_InChat, frozen=True, tag="ticket.ended"):
    """A running ticket was solved, put into the trash or deleted, by the visitor, an agent or the system."""

    leaves_server: ClassVar[bool] = True
    by: Literal["visitor", "agent", "system"]


class TicketReopened(_InChat, frozen=True, tag="ticket.reopened"):
    """A ticket that had ended runs again: a visitor wrote in it, or an agent gave it a running status."""

    leaves_server: ClassVar[bool] = True


class TicketStatusChanged(_InChat, frozen=True, tag="ticket.status_changed"):
    """An agent gave a ticket a `status` that neither ends nor reopens it: open and pending, solved and trash."""

    leaves_server: ClassVar[bool] = True
    status: str


class TicketMerged(_InChat, frozen=True, tag="ticket.merged"):
    """
    Another ticket of the contact, of the number `merged` and the key `merged_id`, is a part of this one now: what was
    said in it has the numbers up to `seq`, behind all that was here.
    """

    leaves_server: ClassVar[bool] = True
    merged: int
    merged_id: int
    seq: int


class NoteAdded(_InTicket, frozen=True, tag="note.added"):
    """An agent's note got the number `note` in its ticket."""

    leaves_server: ClassVar[bool] = True
    note: int


class SystemEntered(_InTicket, frozen=True, tag="system.entered"):
    """What was done with a ticket was entered in it for its agents, up to the number `entry`."""

    leaves_server: ClassVar[bool] = False
    entry: int


class LookingChanged(_InTicket, frozen=True, tag="looking.changed"):
    """
    An agent's `socket` shows a ticket, or (`on` false) shows it no more. It `asks` where whoever else shows it is to
    say so too.
    """

    leaves_server: ClassVar[bool] = False
    agent: str
    socket: str
    on: bool
    asks: bool = False


class QuarantineChanged(_InTicket, frozen=True, tag="quarantine.changed"):
    """Messages of a ticket were quarantined or released, with the numbers they had."""

    leaves_server: ClassVar[bool] = True


class TicketChanged(BaseEvent, frozen=True, tag="ticket.changed"):
    """
    A ticket's row in the lists is another, or is there again. It is published beside the event that says why, if one
    does.
    """

    leaves_server: ClassVar[bool] = True
    ticket: TicketRef

    def channels(self) -> tuple[Channel[ListEvent], ...]:
        """Return the account's lists."""
        return (list_channel(self.ticket.account),)


class TicketGone(BaseEvent, frozen=True, tag="ticket.gone"):
    """
    Nothing of a ticket is shown any more: it was deleted, its contact is being erased or under a legal hold, or it is a
    part of another by now, the one with the number `into`, else 0.
    """

    leaves_server: ClassVar[bool] = True
    ticket: TicketRef
    into: int = 0

    def channels(self) -> tuple[Channel[TicketGone], ...]:
        """Return the account's agents and lists."""
        return agents_channel(self.ticket.account), list_channel(self.ticket.account)


class PresenceChanged(BaseEvent, frozen=True, tag="presence.changed"):
    """An agent is online, away or offline: one of their sockets says so, or all of those of another process do."""

    leaves_server: ClassVar[bool] = False
    account: str
    agent: str
    status: Literal["online", "away", "offline"]

    def channels(self) -> tuple[Channel[PresenceChanged], ...]:
        """Return the account's agents and visitors."""
        return agents_channel(self.account), visitors_channel(self.account)


class CredentialsRevoked(_ToAgents, frozen=True, tag="credentials.revoked"):
    """Sessions or tokens of an agent ended: signed out, another password, or deactivated."""

    leaves_server: ClassVar[bool] = False
    agent: str

    def concerns(self, agent: str, _role: str) -> bool:
        """Whether an agent has to be looked at again."""
        return self.agent == agent


class RightsChanged(_ToAgents, frozen=True, tag="rights.changed"):
    """An owner gave rights to a role of the account, or took some."""

    leaves_server: ClassVar[bool] = False
    role: str

    def concerns(self, _agent: str, role: str) -> bool:
        """Whether an agent of a role has to be looked at again."""
        return self.role == role


class NetworksChanged(_ToAgents, frozen=True, tag="networks.changed"):
    """The networks from which the account's agents may ask are others: who is outside of them has to go."""

    leaves_server: ClassVar[bool] = False

    def concerns(self, _agent: str, _role: str) -> bool:
        """Whether an agent has to be looked at again: each has."""
        return True


class NoticePublished(_ToVisitors, frozen=True, tag="notice.published"):
    """Another notice is in force: where the account's sites share it, or at the one `site` that is named."""

    leaves_server: ClassVar[bool] = True
    site: str = ""


class SiteChanged(_ToVisitors, frozen=True, tag="site.changed"):
    """What a site of the account says of itself changed: origins, look, questions."""

    leaves_server: ClassVar[bool] = True


class TicketOpened(_ToPrograms, frozen=True, tag="ticket.opened"):
    """A ticket began, with its first message."""

    leaves_server: ClassVar[bool] = True
    ticket: TicketRef


class ContactBegan(_ToPrograms, frozen=True, tag="contact.began"):
    """Somebody agreed to the notice for the first time, which made them a contact."""

    leaves_server: ClassVar[bool] = True
    contact: int


class ContactCorrected(_ToPrograms, frozen=True, tag="contact.corrected"):
    """What a contact gave was corrected (Art. 16 GDPR): whoever was told of them is told so (Art. 19)."""

    leaves_server: ClassVar[bool] = True
    contact: int


class ContactErased(_ToPrograms, frozen=True, tag="contact.erased"):
    """An erasure is done. The contact's row is gone, so they are named by their public id."""

    leaves_server: ClassVar[bool] = True
    contact: str
    erasure: str


class ConsentChanged(_ToContact, frozen=True, tag="consent.changed"):
    """A contact agreed again or to other purposes, or their consent expired."""

    leaves_server: ClassVar[bool] = True


class ContactGone(_ToContact, frozen=True, tag="contact.gone"):
    """
    Nothing of a contact is taken or shown any more: their erasure was requested. It is published again when that is
    done.
    """

    leaves_server: ClassVar[bool] = True


class ErasureChanged(_ToAgents, frozen=True, tag="erasure.changed"):
    """An erasure was requested, or its certificate is signed."""

    leaves_server: ClassVar[bool] = True
    erasure: str


class ContactChanged(_ToAgents, frozen=True, tag="contact.changed"):
    """What agents are shown of a contact, by public id, is another: an agent corrected it."""

    leaves_server: ClassVar[bool] = True
    contact: str


class AgentMentioned(_ToAgents, frozen=True, tag="agent.mentioned"):
    """An `agent` was named in the note `note` of a ticket, by the agent `by`."""

    leaves_server: ClassVar[bool] = False
    agent: str
    by: str
    ticket: TicketRef
    note: int


class TicketAssigned(_ToAgents, frozen=True, tag="ticket.assigned"):
    """A ticket was given to an `agent` by another one (`by`), or by a rule, which is ""."""

    leaves_server: ClassVar[bool] = False
    agent: str
    by: str
    ticket: TicketRef


class KeyDestroyed(_ToServer, frozen=True, tag="key.destroyed"):
    """The data key in `slot` was destroyed. `owner` is the public id of the contact or agent whose it was."""

    leaves_server: ClassVar[bool] = False
    slot: int
    owner: str


class LabelsChanged(_ToServer, frozen=True, tag="labels.changed"):
    """A contact's labels, from which the account's filter learns, are others, or are gone."""

    leaves_server: ClassVar[bool] = False
    account: str
    contact: int


class FilterVersionChanged(_ToServer, frozen=True, tag="filter.version_changed"):
    """Another version of the account's filter is in use, or the one in use was made anew."""

    leaves_server: ClassVar[bool] = False
    account: str


class WorkDue(_ToServer, frozen=True, tag="work.due"):
    """There is something for a sweep to do, which need not wait for its turn."""

    leaves_server: ClassVar[bool] = False


class EventsMissed(_OfBus, frozen=True, tag="events.missed"):
    """Events may have been missed: whoever follows something reads it from the database again."""

    leaves_server: ClassVar[bool] = False


class PresenceRequested(_OfBus, frozen=True, tag="presence.requested"):
    """A process has come to the bus and asks which agents are there. The buses of the others answer."""

    leaves_server: ClassVar[bool] = False


ChatEvent = (
    MessageStored
    | MessageRedacted
    | MessageEdited
    | TypingChanged
    | MessagesRead
    | TicketEnded
    | TicketReopened
    | TicketStatusChanged
    | TicketMerged
)
"""What both sides of a chat follow."""
TicketEvent = ChatEvent | NoteAdded | SystemEntered | LookingChanged | QuarantineChanged | EventsMissed
ContactEvent = ChatEvent | ConsentChanged | ContactGone | EventsMissed
AgentsEvent = (
    PresenceChanged
    | CredentialsRevoked
    | RightsChanged
    | NetworksChanged
    | TicketGone
    | ContactChanged
    | AgentMentioned
    | TicketAssigned
    | ErasureChanged
    | EventsMissed
)
VisitorsEvent = PresenceChanged | NoticePublished | SiteChanged | EventsMissed
ListEvent = TicketChanged | TicketGone | EventsMissed
ServerEvent = KeyDestroyed | LabelsChanged | FilterVersionChanged | WorkDue | EventsMissed
ProgramEvent = TicketOpened | ContactBegan | ContactCorrected | ContactErased
"""What nobody on the bus follows, and programs of the account are told."""
Event = (
    TicketEvent
    | ContactEvent
    | AgentsEvent
    | VisitorsEvent
    | ListEvent
    | ServerEvent
    | ProgramEvent
    | PresenceRequested
)
"""Every event there is. The bus reads no other."""

SERVER: Channel[ServerEvent] = Channel("server")
"""Whatever in this process keeps something of its own: keys, filters, sweeps."""
ticket_channel: ChannelOf[TicketEvent] = ChannelOf("ticket")
"""Of the agents who have a ticket open, by its key."""
contact_channel: ChannelOf[ContactEvent] = ChannelOf("contact")
"""Of a contact's windows, by the contact's key."""
agents_channel: ChannelOf[AgentsEvent] = ChannelOf("agents")
"""Of an account's agents, by its id."""
visitors_channel: ChannelOf[VisitorsEvent] = ChannelOf("visitors")
"""Of an account's visitors."""
list_channel: ChannelOf[ListEvent] = ChannelOf("list")
"""Of an account's lists of tickets."""
