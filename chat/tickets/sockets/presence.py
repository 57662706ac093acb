"""Who is there: the visitors' sockets of this process, by contact."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from chat.core import frames
from chat.core.gate import Allowance
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
        """Add a socket and return the contact's allowance; the oldest of too many is let go with 4409."""
        known = self._known[contact]
        if socket not in known.sockets:
            known.sockets.append(socket)
        if len(known.sockets) > SOCKETS_EACH:
            known.sockets[0].close(frames.CLOSE_ELSEWHERE, "open in too many places")
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
