"""Tickets that became a part of another: how they are found by who still names them, and how they get there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import NamedTuple

from sqlalchemy import Table, delete, exists, func, insert, select, update

from chat.contacts.schema import contact
from chat.core.model import Note, SystemEntry, Ticket
from chat.infra.store import locations
from chat.infra.store.tx import Tx
from chat.tickets.schema import merged_ticket, message, note, system_entry, ticket
from chat.tickets.store.tickets import count_held, ticket_of

_NUMBERED = {"seq": "seq", "after_seq": "seq", "target": "seq", "note": "note", "entry": "entry"}
"""Which columns of what hangs off a ticket count what: they rise with it."""


_note = tuple(note.c[field.name] for field in fields(Note))
_entry = tuple(system_entry.c[field.name] for field in fields(SystemEntry))


class Shift(NamedTuple):
    """By how much the numbers of messages, notes and system entries rise."""

    seq: int
    note: int
    entry: int


def follow(tx: Tx, ids: Collection[int]) -> dict[int, int]:
    """Return by key of which ticket those of some tickets are a part that are one."""
    query = select(merged_ticket.c.was_id, merged_ticket.c.ticket_id).where(merged_ticket.c.was_id.in_(ids))
    return {row.was_id: row.ticket_id for row in tx.execute(query)}


def numbers(tx: Tx, ids: Collection[int]) -> list[int]:
    """Return the numbers of the tickets of which those of some tickets are a part that are one."""
    query = select(ticket.c.number).join(merged_ticket, merged_ticket.c.ticket_id == ticket.c.id)
    return list(tx.execute(query.where(merged_ticket.c.was_id.in_(ids))).scalars())


def origins(tx: Tx, ticket_id: int, seq: int) -> list[tuple[int, int]]:
    """Return where else a message of a ticket was: the keys of tickets before they were merged, and its `seq` there."""
    after = merged_ticket.c.after_seq
    held = (merged_ticket.c.ticket_id == ticket_id) & (after < seq) & (after + merged_ticket.c.messages >= seq)
    return [(row.was_id, seq - row.after_seq) for row in tx.execute(select(merged_ticket).where(held))]


def parts(tx: Tx, ticket_id: int) -> list[int]:
    """Return the keys that tickets had before they became a part of this one."""
    return list(tx.execute(select(merged_ticket.c.was_id).where(merged_ticket.c.ticket_id == ticket_id)).scalars())


def lock(tx: Tx, contact_id: int, ids: Collection[int]) -> dict[int, Ticket]:
    """Lock a contact, then tickets in the order of their keys, as who writes does, and return those that are there."""
    tx.execute(select(contact.c.id).where(contact.c.id == contact_id).with_for_update(key_share=True))
    there = ticket.c.id.in_(ids) & ticket.c.purged_at.is_(None)
    found = tx.execute(select(ticket).where(there).order_by(ticket.c.id).with_for_update())
    return {row.id: ticket_of(row) for row in found}


def overlap(tx: Tx, first: int, second: int) -> bool:
    """Whether something was said in the first ticket after something was in the second."""
    said = message.c.target.is_(None)
    ended = select(func.max(message.c.at)).where(message.c.ticket_id == first, said).scalar_subquery()
    return bool(tx.execute(select(exists().where(message.c.ticket_id == second, said, message.c.at < ended))).scalar())


def clashing(tx: Tx, first: int, second: int) -> list[Note]:
    """Return the second ticket's notes whose ids the first one has too."""
    known = select(note.c.cid).where(note.c.ticket_id == first)
    rows = tx.execute(select(*_note).where(note.c.ticket_id == second, note.c.cid.in_(known)))
    return [Note(*row) for row in rows]


def rename_note(tx: Tx, renamed: Note, cid: bytes, body: bytes) -> None:
    """Give a note another id, under which its text is sealed anew."""
    this = (note.c.ticket_id == renamed.ticket_id) & (note.c.note == renamed.note)
    tx.execute(update(note).where(this).values(cid=cid, body=body))


def tagged(tx: Tx, ticket_id: int) -> list[SystemEntry]:
    """Return a ticket's entries that hold tags."""
    has = (system_entry.c.ticket_id == ticket_id) & system_entry.c.tags.is_not(None)
    return [SystemEntry(*row) for row in tx.execute(select(*_entry).where(has))]


def put_tags(tx: Tx, entry: SystemEntry, tags: bytes | None) -> None:
    """Give an entry the tags that were sealed anew."""
    this = (system_entry.c.ticket_id == entry.ticket_id) & (system_entry.c.entry == entry.entry)
    tx.execute(update(system_entry).where(this).values(tags=tags))


def rating(tx: Tx, ticket_id: int) -> tuple[int, bytes | None] | None:
    """Return how a ticket was rated, with the sealed comment, or None where it was not."""
    row = tx.execute(select(ticket.c.rating, ticket.c.rating_comment).where(ticket.c.id == ticket_id)).one()
    return None if row.rating is None else (row.rating, row.rating_comment)


def move(tx: Tx, kept: Ticket, other: Ticket, at: int) -> None:
    """
    Put all that hangs off a ticket behind what hangs off the one that is kept, and its row away. Both are locked, and
    what is sealed for its place is sealed for the new one.
    """
    by = Shift(kept.last_seq, kept.last_note, kept.last_entry)
    for table, of in locations.below(ticket):
        _give_way(tx, table, kept.id, other.id)
        rises = {name: table.c[name] + getattr(by, what) for name, what in _NUMBERED.items() if name in table.c}
        tx.execute(update(table).where(of == other.id).values({of.name: kept.id, **rises}))
    made = {"was_id": other.id, "account_id": other.account_id, "number": other.number, "ticket_id": kept.id}
    tx.execute(insert(merged_ticket).values(made | {"after_seq": by.seq, "messages": other.last_seq, "merged_at": at}))
    tx.execute(delete(ticket).where(ticket.c.id == other.id))


def close(tx: Tx, kept: Ticket, values: Mapping[str, object]) -> None:
    """Set what a ticket is after another became a part of it. Who waits in it is counted anew."""
    tx.execute(update(ticket).where(ticket.c.id == kept.id).values(**values))
    count_held(tx, kept.id)


def _give_way(tx: Tx, table: Table, kept: int, other: int) -> None:
    """Of what a ticket has one of, or one for each agent, the later ticket's is kept."""
    key, later = {column.name for column in table.primary_key}, table.alias()
    if "ticket_id" not in key or key & _NUMBERED.keys():
        return
    same = [later.c[name] == table.c[name] for name in key - {"ticket_id"}]
    clashes = exists().where(later.c.ticket_id == other, *same)
    tx.execute(delete(table).where(table.c.ticket_id == kept, clashes))
