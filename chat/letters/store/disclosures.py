"""Who was sent what of a contact: the ledger of Art. 19 GDPR as rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import delete, select

from chat.infra.store.tx import Tx
from chat.infra.store.upsert import insert_of
from chat.letters.schema import disclosure


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Something that was sent: `id` is the letter's, `recipient` a keyed hash or an id. `address` is sealed."""

    id: str
    kind: str
    recipient: str
    address: bytes | None
    categories: list[str]
    at: int


_disclosed = tuple(disclosure.c[field.name] for field in fields(Disclosure))


def enter(tx: Tx, made: Mapping[str, Any]) -> None:
    """Enter that something is sent. The same letter again is one entry."""
    tx.execute(insert_of(tx, disclosure).values(**made).on_conflict_do_nothing())


def drop(tx: Tx, letter_id: str) -> None:
    """Take an entry back: nobody took the letter."""
    tx.execute(delete(disclosure).where(disclosure.c.id == letter_id))


def of_contact(tx: Tx, contact_id: int) -> list[Disclosure]:
    """Return what was sent of a contact, first to last."""
    query = select(*_disclosed).where(disclosure.c.contact_id == contact_id).order_by(disclosure.c.at, disclosure.c.id)
    return [Disclosure(*row) for row in tx.execute(query)]
