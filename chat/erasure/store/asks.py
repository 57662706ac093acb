"""Erasures that agents asked for and nobody has confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import delete, exists, insert, select, update

from chat.contacts.schema import contact
from chat.core.errors import NotFound
from chat.erasure.schema import erasure, erasure_ask
from chat.infra.store.tx import Tx


@dataclass(frozen=True, slots=True)
class ErasureAsk:
    """What an agent asked for of which contact, and who refused it, if somebody did; times in ms."""

    id: str
    contact_id: int
    agent_id: str
    requested_at: int
    refused_by: str | None
    refused_at: int | None
    reason: bytes | None
    contact_uid: str
    key_slot: int


_columns = (
    *(erasure_ask.c[each.name] for each in fields(ErasureAsk)[:-2]),
    contact.c.uid.label("contact_uid"),
    contact.c.key_slot,
)
# One whose contact is being erased is done with, however long a hold keeps that waiting.
_open = (contact.c.id == erasure_ask.c.contact_id) & ~exists().where(erasure.c.contact_uid == contact.c.uid)


def of_account(tx: Tx, account_id: str) -> list[ErasureAsk]:
    """Return what is asked for in an account and what was refused, oldest first."""
    query = select(*_columns).where(erasure_ask.c.account_id == account_id, _open)
    return [ErasureAsk(*row) for row in tx.execute(query.order_by(erasure_ask.c.requested_at, erasure_ask.c.id))]


def of_contact(tx: Tx, contact_id: int) -> ErasureAsk | None:
    """Return what is asked for of a contact, or was refused, if anything."""
    row = tx.execute(select(*_columns).where(erasure_ask.c.contact_id == contact_id, _open)).first()
    return None if row is None else ErasureAsk(*row)


def waiting(tx: Tx, account_id: str, ask_id: str) -> ErasureAsk:
    """Return what waits to be confirmed. Raises NotFound where nothing does, or not any more."""
    mine = (erasure_ask.c.id == ask_id) & (erasure_ask.c.account_id == account_id)
    row = tx.execute(select(*_columns).where(mine, erasure_ask.c.refused_at.is_(None), _open)).first()
    if row is None:
        raise NotFound("Nobody asks for this erasure, or not any more")
    return ErasureAsk(*row)


def add(tx: Tx, made: Mapping[str, Any]) -> None:
    """Store what is asked for, in the place of what was refused of the same contact."""
    drop(tx, made["contact_id"])
    tx.execute(insert(erasure_ask).values(**made))


def refuse(tx: Tx, ask_id: str, by: str, at: int, reason: bytes) -> None:
    """Note who refused it and why."""
    values = {"refused_by": by, "refused_at": at, "reason": reason}
    tx.execute(update(erasure_ask).where(erasure_ask.c.id == ask_id).values(**values))


def drop(tx: Tx, contact_id: int) -> None:
    """Delete what was asked for of a contact."""
    tx.execute(delete(erasure_ask).where(erasure_ask.c.contact_id == contact_id))
