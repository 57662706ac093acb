"""Notices and receipts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import BigInteger, Row, delete, func, insert, literal, select, update

from chat.account.schema import account
from chat.consent.schema import notice, notice_text, receipt
from chat.contacts.schema import contact
from chat.contacts.store import contacts
from chat.core.clock import DAY
from chat.core.errors import NotNow
from chat.core.model import Contact, Notice, NoticeText, Receipt
from chat.infra.store.tx import Tx
from chat.spam_filter.schema import label

_receipt_columns = tuple(receipt.c[field.name] for field in fields(Receipt))
_in_force = select(account.c.notice_version)
CHUNK = 500
_text_columns = tuple(notice_text.c[field.name] for field in fields(NoticeText))


@dataclass(frozen=True, slots=True)
class ReceiptEntry:
    """A receipt that is to be entered: `document` is what was signed, to the byte."""

    uid: str
    action: str
    notice_version: int
    locale: str
    purposes: dict[str, bool]
    at: int
    document: str
    signature: str


def publish(tx: Tx, account_id: str, made: Mapping[str, Any], texts: list[NoticeText]) -> int:
    """
    Store a new version of the notice and make it the one in force, and return its version. NotNow if nothing differs.
    """
    # Locked first, so that two who publish at once get two versions.
    tx.execute(select(account.c.id).where(account.c.id == account_id).with_for_update())
    live = notices(tx, account_id, tx.execute(_in_force.where(account.c.id == account_id)).scalar() or 0)
    if live and {each.sha256 for each in live[0].texts.values()} == {each.sha256 for each in texts}:
        raise NotNow(
            "Nothing differs from the notice in force: a new version would only stop the chats that are running"
        )
    last = tx.execute(select(func.max(notice.c.version)).where(notice.c.account_id == account_id)).scalar()
    version = (last or 0) + 1
    tx.execute(insert(notice).values(account_id=account_id, version=version, **made))
    rows = [{"notice_id": made["id"]} | {f.name: getattr(t, f.name) for f in fields(NoticeText)} for t in texts]
    tx.execute(insert(notice_text), rows)
    tx.execute(update(account).where(account.c.id == account_id).values(notice_version=version))
    return version


def notices(tx: Tx, account_id: str, version: int | None = None) -> list[Notice]:
    """Return the versions of an account's notice, newest first, or the one asked for."""
    query = select(notice).where(notice.c.account_id == account_id).order_by(notice.c.version.desc())
    if version is not None:
        query = query.where(notice.c.version == version)
    return [_notice(tx, row) for row in tx.execute(query).all()]


def _notice(tx: Tx, row: Row[*tuple[Any, ...]]) -> Notice:
    texts = tx.execute(select(*_text_columns).where(notice_text.c.notice_id == row.id).order_by("locale"))
    return Notice(row.version, row.published_at, {found.locale: NoticeText(*found) for found in texts})


def add_receipt(tx: Tx, contact_id: int, made: ReceiptEntry, *, live: bool) -> int:
    """Enter a receipt in the ledger and make it the contact's live one, or leave the contact without."""
    key = int(
        tx.execute(insert(receipt).values(contact_id=contact_id, **asdict(made)).returning(receipt.c.id)).scalar_one()
    )
    standing = {"receipt_id": key, "notice_version": made.notice_version} if live else {"receipt_id": None}
    tx.execute(update(contact).where(contact.c.id == contact_id).values(**standing))
    if not made.purposes.get("spam_training"):
        _unteach(tx, contact_id)
    return key


def receipts(tx: Tx, contact_id: int) -> list[Receipt]:
    """Return a contact's ledger, first to last."""
    query = select(*_receipt_columns).where(receipt.c.contact_id == contact_id).order_by(receipt.c.id)
    return [Receipt(*row) for row in tx.execute(query)]


def consents_over(tx: Tx, now: int) -> list[Contact]:
    """Return up to CHUNK contacts whose last agreement is older than their account's `consent_days`."""
    query = (
        select(*contacts.columns)
        .join(receipt, receipt.c.id == contact.c.receipt_id)
        .join(account, account.c.id == contact.c.account_id)
        .where(
            contact.c.notice_version.is_not(None),
            receipt.c.at < now - account.c.consent_days * literal(DAY, BigInteger),
        )
        .order_by(contact.c.id)
        .limit(CHUNK)
    )
    return contacts.some(tx, query.with_for_update(of=contact))


def add_expiry(tx: Tx, contact_id: int, made: ReceiptEntry) -> None:
    """Enter that a consent has expired: it is to no notice any more, and may be renewed."""
    tx.execute(insert(receipt).values(contact_id=contact_id, **asdict(made)))
    # `receipt_id` stays: without it the contact would be one who has withdrawn, and could not agree again.
    tx.execute(update(contact).where(contact.c.id == contact_id).values(notice_version=None))
    _unteach(tx, contact_id)


def _unteach(tx: Tx, contact_id: int) -> None:
    """Delete what the filter learnt from a contact: whatever ends the purpose, its labels end in that transaction."""
    tx.execute(delete(label).where(label.c.contact_id == contact_id))


def purposes_of(tx: Tx, contact_id: int) -> dict[str, bool]:
    """Return what a contact agreed to last, purpose by purpose."""
    mine = select(receipt.c.purposes).where(receipt.c.contact_id == contact_id).order_by(receipt.c.id.desc()).limit(1)
    return dict(tx.execute(mine).scalar_one())
