"""Mail on its way, as rows: put in with what it is about, claimed, and gone once it is delivered."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from chat.contacts.schema import contact
from chat.infra.store.tx import Tx
from chat.letters.schema import outbox

_of_contact = (contact.c.uid, contact.c.key_slot, contact.c.account_id, contact.c.email_hash)


def put(tx: Tx, letter_id: str, contact_id: int, letter: bytes, at: int) -> None:
    """Put a sealed letter in, due now."""
    tx.execute(insert(outbox).values(id=letter_id, contact_id=contact_id, letter=letter, due_at=at, created_at=at))


def due(tx: Tx, at: int, limit: int) -> list[Row[*tuple[Any, ...]]]:
    """Return what is due, oldest first: the row, and its contact's `uid`, `key_slot`, `account_id`, `email_hash`."""
    query = select(outbox, *_of_contact).join(contact, contact.c.id == outbox.c.contact_id)
    return list(tx.execute(query.where(outbox.c.due_at <= at).order_by(outbox.c.due_at).limit(limit)))


def claim(tx: Tx, row: Row[*tuple[Any, ...]], until: int) -> bool:
    """Take a letter as nobody else's until then, when it is due again. Return False where another was quicker."""
    # By the time it was due, which the first of two moves: the second finds no such row.
    mine = (outbox.c.id == row.id) & (outbox.c.due_at == row.due_at)
    taken = tx.execute(update(outbox).where(mine).values(due_at=until, tries=row.tries + 1).returning(outbox.c.id))
    return taken.first() is not None


def mark_done(tx: Tx, letter_id: str) -> None:
    """Delete a letter: it is delivered, or never will be."""
    tx.execute(delete(outbox).where(outbox.c.id == letter_id))
