"""Legal holds: a contact that nothing erases and nobody sees, until a day. A hold that has lapsed is deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import delete, insert, select

from chat.contacts.schema import contact, hold
from chat.core.errors import NotFound
from chat.infra.store.bound import columns, holds
from chat.infra.store.tx import Tx


@dataclass(frozen=True, slots=True)
class Hold:
    """Why (`reason`, sealed), by which agent and until when (ms) a contact is held."""

    id: str
    contact_id: int
    reason: bytes
    agent_id: str
    placed_at: int
    expires_at: int


_columns = tuple(hold.c[field.name] for field in fields(Hold))


def put(tx: Tx, contact_id: int, made: Mapping[str, Any]) -> None:
    """Store a contact's hold in the place of the one before. `chat.erasure.store.holding` says whether it may be."""
    tx.execute(delete(hold).where(hold.c.contact_id == contact_id))
    tx.execute(insert(hold).values(contact_id=contact_id, **made))


def lift(tx: Tx, contact_id: int) -> None:
    """End the hold of a contact. Raises NotFound where there is none."""
    if tx.execute(delete(hold).where(hold.c.contact_id == contact_id)).rowcount == 0:
        raise NotFound("This contact is not held")


def lapse(tx: Tx, now: int) -> list[int]:
    """Delete the holds that are over, and return whose they were."""
    return list(tx.execute(delete(hold).where(hold.c.expires_at <= now).returning(hold.c.contact_id)).scalars())


def of_account(tx: Tx, account_id: str) -> list[tuple[Hold, str, int]]:
    """Return the holds of an account, the first to end first, each with the contact's public id and key's slot."""
    whose = (contact.c.uid, contact.c.key_slot, *columns(contact, "c_"))
    query = select(*_columns, *whose).join(contact, contact.c.id == hold.c.contact_id)
    found = tx.execute(query.where(contact.c.account_id == account_id).order_by(hold.c.expires_at))
    return [(Hold(*row[: len(_columns)]), row.uid, row.key_slot) for row in found if holds(tx, contact, row, "c_")]


def of_contact(tx: Tx, contact_id: int) -> Hold | None:
    """Return the hold that a contact is under, if any."""
    row = tx.execute(select(*_columns).where(hold.c.contact_id == contact_id)).first()
    return None if row is None else Hold(*row)


def until(tx: Tx, contact_ids: list[int]) -> dict[int, int]:
    """Return until when (ms) each of these contacts is held, those that are."""
    query = select(hold.c.contact_id, hold.c.expires_at).where(hold.c.contact_id.in_(contact_ids))
    return {row.contact_id: row.expires_at for row in tx.execute(query)}
