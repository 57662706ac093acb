"""Mailed links to one's own data as rows, and the counts of what a link covers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, update

from chat.attachments.schema import attachment
from chat.consent.schema import receipt
from chat.contacts.schema import contact
from chat.contacts.store import contacts
from chat.core.model import Contact
from chat.infra.store.bound import bind, holds
from chat.infra.store.tx import Tx
from chat.rights.schema import link
from chat.tickets.schema import message, ticket


@dataclass(frozen=True, slots=True)
class HeldCounts:
    """How much is held of some contacts."""

    chats: int
    messages: int
    files: int
    receipts: int


def waiting(tx: Tx, contact_ids: Sequence[int], now: int) -> int:
    """Return how many links are on their way to the owner of these contacts and still good."""
    mine = link.c.contact_id.in_(contact_ids) & ~link.c.opened & (link.c.expires_at > now)
    return int(tx.execute(select(func.count(link.c.secret_hash.distinct())).where(mine)).scalar_one())


def put(tx: Tx, secret_hash: str, contact_ids: Sequence[int], expires_at: int, transcript_of: int = 0) -> None:
    """Store a link that covers these contacts. Once it is opened the transcript of one of them is to be mailed."""
    row = {"secret_hash": secret_hash, "opened": False, "expires_at": expires_at}
    made = [row | {"contact_id": each, "transcript": each == transcript_of} for each in contact_ids]
    tx.execute(insert(link), [each | {"mac": bind(tx, link, each)} for each in made])


def open_link(tx: Tx, account_id: str, secret_hash: str, fresh_hash: str, now: int, expires_at: int) -> bool:
    """Take a link that is still good, once: from now on only the fresh secret opens it. Tell whether there was one."""
    mine = select(contact.c.id).where(contact.c.account_id == account_id)
    good = (link.c.secret_hash == secret_hash) & ~link.c.opened & (link.c.expires_at > now)
    found = tx.execute(select(link).where(good, link.c.contact_id.in_(mine)).with_for_update()).all()
    taken = 0
    # Locked above, and given another secret here: who opens it a second time finds no such link.
    for row in [row for row in found if holds(tx, link, row)]:
        fresh = {"secret_hash": fresh_hash, "contact_id": row.contact_id, "opened": True, "expires_at": expires_at}
        this = good & (link.c.contact_id == row.contact_id)
        taken += tx.execute(update(link).where(this).values(**fresh, mac=bind(tx, link, fresh))).rowcount
    return taken > 0


def list_covered(tx: Tx, account_id: str, secret_hash: str, now: int) -> list[Contact]:
    """Return the contacts of an account that an opened link covers, first to last."""
    good = (link.c.secret_hash == secret_hash) & link.c.opened & (link.c.expires_at > now)
    ids = [row.contact_id for row in tx.execute(select(link).where(good)) if holds(tx, link, row)]
    mine = (contact.c.account_id == account_id) & contact.c.id.in_(ids)
    return contacts.some(tx, select(*contacts.columns).where(mine).order_by(contact.c.id))


def transcript_of(tx: Tx, secret_hash: str) -> int | None:
    """Return the contact whose transcript is mailed for this link, None where that was not asked for."""
    asked = (link.c.secret_hash == secret_hash) & link.c.transcript
    return tx.execute(select(link.c.contact_id).where(asked)).scalar()


def drop(tx: Tx, contact_id: int) -> None:
    """Let no link cover a contact any more."""
    tx.execute(delete(link).where(link.c.contact_id == contact_id))


def lapse(tx: Tx, now: int) -> int:
    """Delete the links that are over, and return how many rows."""
    return tx.execute(delete(link).where(link.c.expires_at <= now)).rowcount


def count_held(tx: Tx, contact_ids: Sequence[int]) -> HeldCounts:
    """Return how many chats, messages, files and receipts are held of these contacts."""
    counts = [
        tx.execute(select(func.count()).select_from(table).where(table.c.contact_id.in_(contact_ids))).scalar_one()
        for table in (ticket, message, attachment, receipt)
    ]
    return HeldCounts(*counts)
