"""Contacts as rows."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Select, and_, exists, func, select, update

from chat.contacts.schema import contact
from chat.contacts.schema import hold as legal_hold
from chat.core.errors import NotFound
from chat.core.model import Contact
from chat.infra.store.bound import bind, holds, rebound
from chat.infra.store.tx import Tx
from chat.infra.store.upsert import once

_fields = len(fields(Contact))
columns = (*(contact.c[field.name] for field in fields(Contact)), contact.c.mac)
# Who has withdrawn, or is under a legal hold, is nobody's business any more.
readable = and_(contact.c.receipt_id.is_not(None), ~exists().where(legal_hold.c.contact_id == contact.c.id))


Among = Collection[int] | Select[int]
"""Some contacts: their keys, or the query for them."""


def add(tx: Tx, made: Mapping[str, Any]) -> Contact | None:
    """Store a contact and return it. Return None where another began with the same id."""
    take_turn(tx, made["account_id"])
    if not once(tx, contact, made):
        return None
    key = tx.execute(select(contact.c.id).where(contact.c.uid == made["uid"])).scalar_one()
    mac = bind(tx, contact, {**made, "id": key})
    tx.execute(update(contact).where(contact.c.id == key).values(mac=mac))
    return by_uid(tx, made["uid"])


def take_turn(tx: Tx, account_id: str) -> None:
    """Have an account's contacts commit in the order of their keys: a walk by key would pass one that comes later."""
    if tx.dialect.name == "postgresql":  # SQLite has one writer
        tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"contact/{account_id}", 0))))


def begun(tx: Tx, digest: str) -> Contact | None:
    """Return the contact who began with an id, and lock it, or None where there is none with a live consent."""
    query = select(*columns).where(
        contact.c.begun == digest, contact.c.receipt_id.is_not(None), contact.c.emptied_at.is_(None)
    )
    return next(iter(some(tx, query.with_for_update(of=contact))), None)


def change(tx: Tx, contact_id: int, **values: Any) -> None:
    """Set columns of a contact."""
    row = tx.execute(select(contact).where(contact.c.id == contact_id)).first()
    if row is not None:
        tx.execute(update(contact).where(contact.c.id == contact_id).values(rebound(tx, contact, row, **values)))


def blocked_until(tx: Tx, contact_id: int) -> int | None:
    """Return until when a contact is blocked (ms), which may be over; None where they never were."""
    return tx.execute(select(contact.c.blocked_until).where(contact.c.id == contact_id)).scalar()


def of_account(tx: Tx, account_id: str, uid: str) -> Contact:
    """Return a contact of an account by its public id. Raises NotFound where it has none such."""
    return _one(tx, select(*columns).where(contact.c.uid == uid, contact.c.account_id == account_id))


def by_uid(tx: Tx, uid: str, *, lock: bool = False) -> Contact:
    """Return a contact by its public id, which was found or signed here. Raises NotFound where there is none."""
    query = select(*columns).where(contact.c.uid == uid)
    return _one(tx, query.with_for_update() if lock else query)


def find(tx: Tx, uid: str) -> Contact | None:
    """Return a contact and keep others from changing it; None where there is none."""
    with contextlib.suppress(NotFound):
        return by_uid(tx, uid, lock=True)
    return None


def by_id(tx: Tx, contact_id: int) -> Contact:
    """Return a contact by its key. Raises NotFound where there is none."""
    return _one(tx, select(*columns).where(contact.c.id == contact_id))


def page(
    tx: Tx,
    account_id: str,
    found_by: Collection[str] | None,
    after: int,
    limit: int | None,
    among: Sequence[Among] = (),
    *,
    newest: bool = False,
) -> list[Contact]:
    """
    Return contacts of an account by key, from behind one or (0) from the first, or from the last where `newest`: those
    with an address where its hashes are given, who are `among` all of some.
    """
    query = select(*columns).where(contact.c.account_id == account_id)
    if after:
        query = query.where(contact.c.id < after if newest else contact.c.id > after)
    if found_by is not None:
        query = query.where(contact.c.email_hash.in_(found_by))
    for some_of in among:
        query = query.where(contact.c.id.in_(some_of))
    return some(tx, query.order_by(contact.c.id.desc() if newest else contact.c.id).limit(limit))


def of_site(site: str) -> Select[int]:
    """Return the query for the contacts who came to a site (an id)."""
    return select(contact.c.id).where(contact.c.site_id == site)


def some(tx: Tx, query: Select[Any]) -> list[Contact]:
    """Return the contacts whose `columns` a query selects, those whose rows hold."""
    # Asked here, where all of them are read, so that no action can forget to.
    return [Contact(*row[:_fields]) for row in tx.execute(query) if holds(tx, contact, row)]


def _one(tx: Tx, query: Select[Any]) -> Contact:
    found = some(tx, query)
    if not found:
        raise NotFound("No such contact")
    return found[0]
