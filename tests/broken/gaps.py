"""Leaves a number out now and then."""

import sys

from chat.__main__ import main
from chat.core.model import Draft
from chat.tickets.store.posting import TicketPosition

take = TicketPosition.take


def careless(position: TicketPosition, draft: Draft) -> None:
    """Skip every fifth number."""
    if position.last_seq % 5 == 4:
        position.last_seq += 1
    take(position, draft)


TicketPosition.take = careless  # type: ignore[assignment, method-assign] # that is the fault

if __name__ == "__main__":
    sys.exit(main())
