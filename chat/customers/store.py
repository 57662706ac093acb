"""Secrets of sites and customers of contacts. Each row is bound: one that does not hold proves and leads to nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

from sqlalchemy import Row, delete, insert, or_, select, update

from chat.account.schema import site
from chat.account.store import is_deleted
from chat.contacts.schema import contact
from chat.contacts.store import contacts
from chat.core.errors import NotFound
from chat.core.model import Contact
from chat.customers.schema import customer, customer_secret
from chat.infra.store.bound import bind, columns, holds, rebound
from chat.infra.store.tx import Tx
from chat.infra.store.upsert import once

SecretRow: TypeAlias = Row[*tuple[Any, ...]]


def secrets(tx: Tx, site_id: str, now: int) -> list[SecretRow]:
    """Return the secrets of a site that are in force, newest first: none where it was deleted."""
    if is_deleted(tx, site_id):
        return []
    live = or_(customer_secret.c.until.is_(None), customer_secret.c.until > now)
    query = select(customer_secret).where(customer_secret.c.site_id == site_id, live)
    found = tx.execute(query.order_by(customer_secret.c.made_at.desc(), customer_secret.c.id.desc()))
    return [row for row in found if holds(tx, customer_secret, row)]


def add_secret(tx: Tx, made: Mapping[str, Any], until: int) -> bool:
    """
    Store a secret of a site, and let those before it be good `until` then (ms) at most. Return whether it was stored:
    with the same id it is once.
    """
    row = {**made, "until": None}
    # Locked, so that of two who make one at once the second ends the first's.
    tx.execute(select(site.c.id).where(site.c.id == made["site_id"]).with_for_update())
    before = secrets(tx, made["site_id"], made["made_at"])
    if not once(tx, customer_secret, row | {"mac": bind(tx, customer_secret, row)}):
        return False
    for each in before:
        _end(tx, each, until if each.until is None else min(until, each.until))
    return True


def end_secret(tx: Tx, site_id: str, secret_id: str, at: int) -> None:
    """Let a secret of a site be good no more. Raises NotFound where it has none such in force."""
    found = [each for each in secrets(tx, site_id, at) if each.id == secret_id]
    if not found:
        raise NotFound("This site has no such secret")
    _end(tx, found[0], at)


def drop_old(tx: Tx, site_id: str, now: int) -> None:
    """Delete the secrets of a site that are over."""
    tx.execute(delete(customer_secret).where(customer_secret.c.site_id == site_id, customer_secret.c.until <= now))


def _end(tx: Tx, row: SecretRow, until: int) -> None:
    mine = customer_secret.c.id == row.id
    tx.execute(update(customer_secret).where(mine).values(rebound(tx, customer_secret, row, until=until)))


def find(tx: Tx, account_id: str, external_hash: str) -> Contact | None:
    """
    Return the contact of the account who is a customer and has not withdrawn, locked, or None. Until the end of the
    transaction nobody else becomes one in this account.
    """
    contacts.take_turn(tx, account_id)
    query = (
        select(*contacts.columns, *columns(customer, "c_"))
        .join(customer, customer.c.contact_id == contact.c.id)
        .where(
            customer.c.external_hash == external_hash,
            contact.c.account_id == account_id,
            contact.c.receipt_id.is_not(None),
            contact.c.emptied_at.is_(None),
        )
        .order_by(contact.c.id)
        .with_for_update(of=contact)
    )
    rows = [row for row in tx.execute(query) if holds(tx, customer, row, "c_")]
    return contacts.by_uid(tx, rows[0].uid) if rows else None


def add(tx: Tx, made: Mapping[str, Any]) -> None:
    """Say that a contact is a customer."""
    tx.execute(insert(customer).values(**made, mac=bind(tx, customer, made)))


def of_contacts(tx: Tx, contact_ids: Collection[int]) -> dict[int, Row[*tuple[Any, ...]]]:
    """Return the rows of those contacts who are customers, by the contact's key."""
    query = select(customer).where(customer.c.contact_id.in_(contact_ids))
    return {row.contact_id: row for row in tx.execute(query) if holds(tx, customer, row)}


def ids_of(tx: Tx, hashes: Collection[str]) -> list[int]:
    """Return the keys of the contacts who are customers with one of these hashes, each of which names its account."""
    query = select(customer).where(customer.c.external_hash.in_(hashes)).order_by(customer.c.contact_id)
    return [row.contact_id for row in tx.execute(query) if holds(tx, customer, row)]
