"""Tickets that are put aside until a time."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select, update

from chat.core.model import Ticket
from chat.infra.store.tx import Tx
from chat.tickets.schema import IS_SNOOZED, ticket
from chat.tickets.store.tickets import ticket_of


def wake(tx: Tx, at: int, most: int) -> list[Ticket]:
    """Bring back up to `most` tickets that were put aside until a time that has come, and return them."""
    due = select(ticket).where(IS_SNOOZED, ticket.c.snoozed_until <= at).order_by(ticket.c.id).limit(most)
    found = [ticket_of(row) for row in tx.execute(due.with_for_update(skip_locked=True))]
    # Nothing was said or done in them, so they stay where they are in lists, and age as they did.
    woken = ticket.c.id.in_([each.id for each in found])
    tx.execute(update(ticket).where(woken).values(snoozed_until=None))
    return [replace(each, snoozed_until=None) for each in found]
