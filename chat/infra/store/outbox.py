"""
Mail on its way, as rows of a table of a feature's own: put in with what it is about, claimed, and gone once it is
delivered. Whose letters they are, and under whose key they are sealed, the feature says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Column, Row, Table, delete, insert, select, update

from chat.infra.store.tx import Tx

LetterRow: TypeAlias = Row[*tuple[Any, ...]]


@dataclass(frozen=True)
class LetterTable:
    """
    A table of letters: `id`, the sealed `letter`, `tries`, `due_at` and `created_at` (ms), and `of`, the key of whom
    each is sealed for. `more` are the columns of the table that `of` points at which come with a letter: `key_slot`,
    and under `uid` the id that their key is kept by.
    """

    table: Table
    of: Column[Any]
    more: tuple[Any, ...]

    def put(self, tx: Tx, letter_id: str, whose: int | str, letter: bytes, at: int) -> None:
        """Put a sealed letter in, due now."""
        made = {"id": letter_id, self.of.name: whose, "letter": letter, "due_at": at, "created_at": at}
        tx.execute(insert(self.table).values(**made))

    def due(self, tx: Tx, at: int, limit: int) -> list[LetterRow]:
        """Return what is due, oldest first, each with the columns of whose it is."""
        (owner,) = self.of.foreign_keys
        query = select(self.table, *self.more).join(owner.column.table, owner.column == self.of)
        return list(tx.execute(query.where(self.table.c.due_at <= at).order_by(self.table.c.due_at).limit(limit)))

    def claim(self, tx: Tx, row: LetterRow, until: int) -> bool:
        """Take a letter as nobody else's until then, when it is due again. Return False where another was quicker."""
        # By the time it was due, which the first of two moves: the second finds no such row.
        mine = (self.table.c.id == row.id) & (self.table.c.due_at == row.due_at)
        taken = update(self.table).where(mine).values(due_at=until, tries=row.tries + 1).returning(self.table.c.id)
        return tx.execute(taken).first() is not None

    def mark_done(self, tx: Tx, letter_id: str) -> None:
        """Delete a letter: it is delivered, or never will be."""
        tx.execute(delete(self.table).where(self.table.c.id == letter_id))

    def drop(self, tx: Tx, whose: int | str) -> None:
        """Delete the letters about somebody: none of them goes out any more."""
        tx.execute(delete(self.table).where(self.of == whose))

    def lapse(self, tx: Tx, before: int) -> int:
        """Delete the letters that were put in `before` (ms), and return how many."""
        return tx.execute(delete(self.table).where(self.table.c.created_at < before)).rowcount
