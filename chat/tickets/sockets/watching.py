"""What an agent's socket keeps of a ticket that is open on it, and of one that is being opened."""

from __future__ import annotations

from dataclasses import dataclass, field

from chat.core import events
from chat.core.deliveries import Rendered
from chat.tickets.actions.tickets import OpenedTicket
from chat.web.sockets.follower import Follower

InTicket = events.ChatEvent | events.NoteAdded | events.QuarantineChanged
"""What happens in one ticket."""


@dataclass
class Watched:
    """A ticket an agent has open: the numbers of its messages and of its notes are followed apart."""

    opened: OpenedTicket
    messages: Follower
    notes: Follower


@dataclass
class Opening:
    """A ticket that is being read to be opened: where it is listened to, and what happened in it meanwhile."""

    number: int
    channel: str = ""
    early: list[tuple[InTicket, Rendered | None]] = field(default_factory=list)
