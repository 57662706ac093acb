"""Stores messages without asking for consent again; the gate still does."""

import sys

from chat.__main__ import main
from chat.tickets.store.posting import TicketPosition

TicketPosition.consents = property(lambda _: True, lambda *_: None)  # type: ignore[assignment, misc] # that is the fault

if __name__ == "__main__":
    sys.exit(main())
