"""
Contacts whom agents take for one person, as rows: each says as whose part it is shown.

Each contact keeps its own key, receipts, tickets and token, so nothing that one of them wrote or agreed to becomes
another's, and what opens one opens no other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, func, insert, select

from chat.contacts.schema import contact, merge
from chat.contacts.store import contacts
from chat.core.model import Contact
from chat.infra.store.bound import bind, holds
from chat.infra.store.tx import Tx

_merges = select(merge).join(contact, contact.c.id == merge.c.contact_id)


def lock(tx: Tx, account_id: str) -> None:
    """
    Let nobody else say meanwhile who is one person in an account. Taken before any contact is locked: who is to be
    locked is known only then.
    """
    if tx.dialect.name == "postgresql":  # SQLite has one writer
        tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"persons/{account_id}", 0))))


def whole(tx: Tx, one: Contact, *, locked: bool = False) -> list[Contact]:
    """Return all contacts that are one person with this one, first the one as whom they are shown."""
    person = shown_as(tx, one.account_id, [one.id]).get(one.id, one.uid)
    ids = _parts(tx, one.account_id, person)
    if not (ids or locked):
        return [one]
    mine = (contact.c.account_id == one.account_id) & ((contact.c.uid == person) | contact.c.id.in_(ids))
    query = select(*contacts.columns).where(mine).order_by(contact.c.id)
    found = contacts.some(tx, query.with_for_update() if locked else query)
    return sorted(found, key=lambda each: each.uid != person)


def uids(tx: Tx, account_id: str, uid: str) -> list[str]:
    """Return the public ids of all contacts that are one person with that of this id."""
    query = select(*contacts.columns).where(contact.c.account_id == account_id, contact.c.uid == uid)
    return [each.uid for one in contacts.some(tx, query) for each in whole(tx, one)] or [uid]


def shown_as(tx: Tx, account_id: str, contact_ids: Collection[int]) -> dict[int, str]:
    """Return as whose part some contacts of an account are shown (a public id), those who are another's."""
    rows = tx.execute(_merges.where(contact.c.account_id == account_id, merge.c.contact_id.in_(contact_ids)))
    return {row.contact_id: row.person for row in rows if holds(tx, merge, row)}


def join(tx: Tx, into: Contact, others: Sequence[Contact], at: int) -> None:
    """Show some contacts as parts of another, who is nobody's part."""
    leave(tx, [each.id for each in others])
    for each in others:
        made = {"contact_id": each.id, "person": into.uid}
        tx.execute(insert(merge).values(**made, merged_at=at, mac=bind(tx, merge, made)))


def part(tx: Tx, one: Contact, at: int) -> None:
    """Take one contact out: it stands for itself, and those who were shown as its parts are shown as the first's."""
    first, *rest = whole(tx, one)
    leave(tx, [one.id])
    if first.id == one.id and rest:
        leave(tx, [rest[0].id])
        join(tx, rest[0], rest[1:], at)


def leave(tx: Tx, contact_ids: Collection[int]) -> None:
    """Let some contacts be nobody's part."""
    tx.execute(delete(merge).where(merge.c.contact_id.in_(contact_ids)))


def _parts(tx: Tx, account_id: str, person: str) -> list[int]:
    rows = tx.execute(_merges.where(contact.c.account_id == account_id, merge.c.person == person))
    return [row.contact_id for row in rows if holds(tx, merge, row)]
