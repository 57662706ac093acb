"""What agents write of a ticket for themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import Column, ColumnElement, insert, select, true, update

from chat.core.errors import NotFound
from chat.core.model import Note
from chat.infra.store.tx import Tx
from chat.tickets.domain import WHOLE, Span
from chat.tickets.schema import note, ticket

_columns = tuple(note.c[field.name] for field in fields(Note))


def page(tx: Tx, ticket_id: int, after: int = 0, limit: int | None = None, among: Span = WHOLE) -> list[Note]:
    """Return the notes after number `after` that stand in a part of the ticket, in order."""
    mine = (note.c.ticket_id == ticket_id) & (note.c.note > after) & stands(note.c.after_seq, among)
    query = select(*_columns).where(mine).order_by(note.c.note).limit(limit)
    return [Note(*row) for row in tx.execute(query)]


def stands(after_seq: Column[int], among: Span) -> ColumnElement[bool]:
    """Return the condition that something stands in a part of its ticket: before its first message, or later."""
    begins = true() if among.first == 1 else after_seq >= among.first - 1
    return begins if among.before is None else begins & (after_seq < among.before - 1)


def add(tx: Tx, ticket_id: int, made: Mapping[str, Any]) -> tuple[Note, bool]:
    """Store a note under the next number. The same `cid` again gives the first one and True."""
    row = tx.execute(
        select(ticket.c.last_seq, ticket.c.last_note).where(ticket.c.id == ticket_id).with_for_update()
    ).first()
    if row is None:
        raise NotFound("No such ticket")
    again = select(*_columns).where(note.c.ticket_id == ticket_id, note.c.cid == made["cid"])
    before = tx.execute(again).first()
    if before is not None:
        return Note(*before), True
    stored = Note(ticket_id=ticket_id, note=row.last_note + 1, after_seq=row.last_seq, **made)
    tx.execute(insert(note).values({field.name: getattr(stored, field.name) for field in fields(Note)}))
    tx.execute(update(ticket).where(ticket.c.id == ticket_id).values(last_note=stored.note, updated_at=stored.at))
    return stored, False
