"""Notices, contacts, receipts and erasure requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from chat.errors import NotFound
from chat.model import Contact, Notice, NoticeText, Receipt
from chat.store.schema import (
    account,
    contact,
    erasure,
    message,
    note,
    notice,
    notice_text,
    receipt,
    ticket,
)

_contact_columns = tuple(contact.c[field.name] for field in fields(Contact))
_receipt_columns = tuple(receipt.c[field.name] for field in fields(Receipt))
_text_columns = tuple(notice_text.c[field.name] for field in fields(NoticeText))
CHUNK = 1000


def publish(tx: Connection, account_id: str, made: Mapping[str, Any], texts: list[NoticeText]) -> int:
    """Store a new version of the notice and make it the one in force; return its version."""
    # Locked first, so that two who publish at once get two versions.
    tx.execute(select(account.c.id).where(account.c.id == account_id).with_for_update())
    last = tx.execute(select(func.max(notice.c.version)).where(notice.c.account_id == account_id)).scalar()
    version = (last or 0) + 1
    tx.execute(insert(notice).values(account_id=account_id, version=version, **made))
    rows = [{"notice_id": made["id"]} | {f.name: getattr(t, f.name) for f in fields(NoticeText)} for t in texts]
    tx.execute(insert(notice_text), rows)
    tx.execute(update(account).where(account.c.id == account_id).values(notice_version=version))
    return version


def notices(tx: Connection, account_id: str, version: int | None = None) -> list[Notice]:
    """Return the versions of an account's notice, newest first; or the one asked for."""
    query = select(notice).where(notice.c.account_id == account_id).order_by(notice.c.version.desc())
    if version is not None:
        query = query.where(notice.c.version == version)
    return [_notice(tx, row) for row in tx.execute(query).all()]


def _notice(tx: Connection, row: Row[*tuple[Any, ...]]) -> Notice:
    texts = tx.execute(select(*_text_columns).where(notice_text.c.notice_id == row.id).order_by("locale"))
    return Notice(row.version, row.published_at, {found.locale: NoticeText(*found) for found in texts})


def add_contact(tx: Connection, made: Mapping[str, Any]) -> int:
    """Store a contact; return its key."""
    return int(tx.execute(insert(contact).values(**made).returning(contact.c.id)).scalar_one())


def contact_by_uid(tx: Connection, uid: str, *, lock: bool = False) -> Contact:
    """Return a contact by its public id; NotFound where there is none."""
    query = select(*_contact_columns).where(contact.c.uid == uid)
    row = tx.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound("No such contact")
    return Contact(*row)


def contact_by_id(tx: Connection, contact_id: int) -> Contact:
    """Return a contact by its key; NotFound where there is none."""
    row = tx.execute(select(*_contact_columns).where(contact.c.id == contact_id)).first()
    if row is None:
        raise NotFound("No such contact")
    return Contact(*row)


def contacts(tx: Connection, account_id: str, email_hash: str | None, after: int, limit: int) -> list[Contact]:
    """Return contacts of an account by key, those with an address where its hash is given."""
    query = select(*_contact_columns).where(contact.c.account_id == account_id, contact.c.id > after)
    if email_hash is not None:
        query = query.where(contact.c.email_hash == email_hash)
    return [Contact(*row) for row in tx.execute(query.order_by(contact.c.id).limit(limit))]


def add_receipt(tx: Connection, contact_id: int, made: Mapping[str, Any], *, live: bool) -> int:
    """Enter a receipt in the ledger and make it the contact's live one, or leave the contact without."""
    key = int(tx.execute(insert(receipt).values(contact_id=contact_id, **made).returning(receipt.c.id)).scalar_one())
    standing = {"receipt_id": key, "notice_version": made["notice_version"]} if live else {"receipt_id": None}
    tx.execute(update(contact).where(contact.c.id == contact_id).values(**standing))
    return key


def receipts(tx: Connection, contact_id: int) -> list[Receipt]:
    """Return a contact's ledger, first to last."""
    query = select(*_receipt_columns).where(receipt.c.contact_id == contact_id).order_by(receipt.c.id)
    return [Receipt(*row) for row in tx.execute(query)]


def request_erasure(tx: Connection, made: Mapping[str, Any]) -> str:
    """File an erasure request; a second for the same contact gives the first one's id."""
    known = select(erasure.c.id).where(erasure.c.contact_uid == made["contact_uid"])
    found = tx.execute(known).scalar()
    if found is not None:
        return str(found)
    tx.execute(insert(erasure).values(state="queued", **made))
    return str(made["id"])


def erasure_of(tx: Connection, contact_uid: str) -> str | None:
    """Return the erasure request filed for a contact, if any."""
    return tx.execute(select(erasure.c.id).where(erasure.c.contact_uid == contact_uid)).scalar()


def erasures_due(tx: Connection) -> list[Row[*tuple[Any, ...]]]:
    """Return the requests that are not done: `id`, `contact_uid`, `key_slot`, oldest first."""
    query = select(erasure.c.id, erasure.c.contact_uid, erasure.c.key_slot).where(erasure.c.state != "done")
    return list(tx.execute(query.order_by(erasure.c.requested_at)))


def erase_some(tx: Connection, contact_uid: str) -> bool:
    """
    Delete a chunk of what hangs off a contact, then the contact; return whether anything is left.

    In chunks, so that other people's messages do not wait; tickets before contact, the order in which all locks are
    taken.
    """
    key = tx.execute(select(contact.c.id).where(contact.c.uid == contact_uid)).scalar()
    if key is None:
        return False
    of_ticket = list(
        tx.execute(
            select(ticket.c.id).where(ticket.c.contact_id == key).order_by(ticket.c.id).with_for_update()
        ).scalars()
    )
    for each in of_ticket:
        last = tx.execute(select(func.max(message.c.seq)).where(message.c.ticket_id == each)).scalar() or 0
        tx.execute(delete(message).where(message.c.ticket_id == each, message.c.seq > last - CHUNK))
        if last > CHUNK:
            return True
        tx.execute(delete(note).where(note.c.ticket_id == each))
        tx.execute(delete(ticket).where(ticket.c.id == each))
    tx.execute(delete(contact).where(contact.c.id == key))
    return False


def erasure_done(tx: Connection, erasure_id: str, at: int) -> None:
    """Note that a request was carried out."""
    tx.execute(update(erasure).where(erasure.c.id == erasure_id).values(state="done", done_at=at))


def erasure_by_id(tx: Connection, account_id: str, erasure_id: str) -> Row[*tuple[Any, ...]]:
    """Return a request of an account; NotFound where there is none."""
    mine = (erasure.c.id == erasure_id) & (erasure.c.account_id == account_id)
    row = tx.execute(select(erasure).where(mine)).first()
    if row is None:
        raise NotFound("No such erasure")
    return row
