"""Contacts as rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, exists, select, update

from chat.errors import NotFound
from chat.model import Contact
from chat.store.schema import contact, ticket
from chat.store.upsert import once

_columns = tuple(contact.c[field.name] for field in fields(Contact))


def add(tx: Connection, made: Mapping[str, Any]) -> Contact | None:
    """Store a contact and return it; None where another began with the same id."""
    return by_uid(tx, made["uid"]) if once(tx, contact, made) else None


def begun(tx: Connection, digest: str) -> Contact | None:
    """
    Return the contact who began with an id, and lock it; None where there is none with a live consent, or it has
    written since.
    """
    wrote = exists().where(ticket.c.contact_id == contact.c.id)
    query = select(*_columns).where(
        contact.c.begun == digest, contact.c.receipt_id.is_not(None), contact.c.emptied_at.is_(None), ~wrote
    )
    row = tx.execute(query.with_for_update(of=contact)).first()
    return None if row is None else Contact(*row)


def change(tx: Connection, contact_id: int, **values: Any) -> None:
    """Set columns of a contact."""
    tx.execute(update(contact).where(contact.c.id == contact_id).values(**values))


def by_uid(tx: Connection, uid: str, *, lock: bool = False) -> Contact:
    """Return a contact by its public id; NotFound where there is none."""
    query = select(*_columns).where(contact.c.uid == uid)
    row = tx.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound("No such contact")
    return Contact(*row)


def by_id(tx: Connection, contact_id: int) -> Contact:
    """Return a contact by its key; NotFound where there is none."""
    row = tx.execute(select(*_columns).where(contact.c.id == contact_id)).first()
    if row is None:
        raise NotFound("No such contact")
    return Contact(*row)


def page(tx: Connection, account_id: str, email_hash: str | None, after: int, limit: int | None) -> list[Contact]:
    """Return contacts of an account by key, those with an address where its hash is given."""
    query = select(*_columns).where(contact.c.account_id == account_id, contact.c.id > after)
    if email_hash is not None:
        query = query.where(contact.c.email_hash == email_hash)
    return [Contact(*row) for row in tx.execute(query.order_by(contact.c.id).limit(limit))]
