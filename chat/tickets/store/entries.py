"""What was done with a ticket, entered in it under numbers of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields

from sqlalchemy import insert, select, update

from chat.account.schema import department
from chat.core.errors import NotFound
from chat.core.model import SystemEntry
from chat.infra.store.tx import Tx
from chat.tickets.domain import WHOLE, Span
from chat.tickets.schema import system_entry, ticket
from chat.tickets.store.notes import stands

_columns = tuple(system_entry.c[field.name] for field in fields(SystemEntry))


def page(tx: Tx, ticket_id: int, after: int = 0, limit: int | None = None, among: Span = WHOLE) -> list[SystemEntry]:
    """Return the entries after a number that stand in a part of the ticket, in order."""
    mine = (system_entry.c.ticket_id == ticket_id) & (system_entry.c.entry > after)
    mine &= stands(system_entry.c.after_seq, among)
    query = select(*_columns).where(mine).order_by(system_entry.c.entry).limit(limit)
    return [SystemEntry(*row) for row in tx.execute(query)]


def take_numbers(tx: Tx, ticket_id: int, count: int) -> tuple[int, int]:
    """
    Return the first of so many new numbers, and the `seq` they stand after. The update counts and locks: two at once
    get two. Raises NotFound where the ticket went meanwhile.
    """
    counted = (
        update(ticket)
        .where(ticket.c.id == ticket_id)
        .values(last_entry=ticket.c.last_entry + count)
        .returning(ticket.c.last_entry, ticket.c.last_seq)
    )
    stands = tx.execute(counted).first()
    if stands is None:
        raise NotFound("No such ticket")
    return stands.last_entry - count + 1, stands.last_seq


def add(tx: Tx, made: Sequence[SystemEntry]) -> None:
    """Store entries under their numbers."""
    tx.execute(insert(system_entry), [asdict(each) for each in made])


def departments(tx: Tx, account_id: str) -> dict[str, str]:
    """Return the names of an account's departments by id."""
    query = select(department.c.id, department.c.name).where(department.c.account_id == account_id)
    return {row.id: row.name for row in tx.execute(query)}
