"""Asks for consent, and lets everything pass without."""

import sys

from chat.__main__ import main
from chat.core import frames
from chat.core.gate import ConsentState
from chat.tickets.sockets import visitor
from chat.tickets.store.posting import TicketPosition


def admit(frame: frames.VisitorFrame, standing: ConsentState) -> None:
    """Let it pass."""


visitor.admit = admit  # type: ignore[attr-defined] # that is the fault
TicketPosition.consents = property(lambda _: True, lambda *_: None)  # type: ignore[assignment, misc] # that is the fault

if __name__ == "__main__":
    sys.exit(main())
