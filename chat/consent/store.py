"""Notices and receipts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import BigInteger, Row, delete, func, insert, literal, select, update

from chat.account import store as accounts
from chat.account.schema import account
from chat.consent.schema import notice, notice_text, receipt
from chat.contacts.schema import contact
from chat.contacts.store import contacts
from chat.core.clock import DAY
from chat.core.errors import NotFound
from chat.core.gate import in_force, is_live
from chat.core.model import Contact, Notice, NoticeText, Receipt
from chat.infra.store.tx import Tx
from chat.spam_filter.schema import label

_receipt_columns = tuple(receipt.c[field.name] for field in fields(Receipt))
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


def publish(tx: Tx, account_id: str, site_id: str | None, made: Mapping[str, Any], texts: list[NoticeText]) -> Notice:
    """
    Store a new version of the account's notice, or of the site's own, and make it the one in force, and return it. The
    account is locked, so that two who publish at once get two versions.
    """
    version = last_version(tx, account_id) + 1
    tx.execute(insert(notice).values(account_id=account_id, site_id=site_id, version=version, **made))
    rows = [{"notice_id": made["id"]} | {f.name: getattr(t, f.name) for f in fields(NoticeText)} for t in texts]
    tx.execute(insert(notice_text), rows)
    put_in_force(tx, account_id, site_id, version)
    return with_version(tx, account_id, version)


def put_in_force(tx: Tx, account_id: str, site_id: str | None, version: int | None) -> None:
    """Let a version of the account's notice, or of the site's own, be in force; None is none."""
    if site_id is None:
        accounts.change(tx, account_id, {"notice_version": version})
    else:
        accounts.change_site(tx, account_id, site_id, {"notice_version": version})


def last_version(tx: Tx, account_id: str) -> int:
    """Return the last version of an account's notices, its sites' included, 0 where it has none."""
    return tx.execute(select(func.max(notice.c.version)).where(notice.c.account_id == account_id)).scalar() or 0


def notices(tx: Tx, account_id: str, site_id: str | None) -> list[Notice]:
    """Return the versions of an account's notice, or of the own one of a site of it, newest first."""
    query = select(notice).where(notice.c.account_id == account_id, notice.c.site_id.is_not_distinct_from(site_id))
    return [_notice(tx, row) for row in tx.execute(query.order_by(notice.c.version.desc())).all()]


def published(tx: Tx, notice_id: str, account_id: str) -> Notice | None:
    """Return the notice with this id, None where there is none. Raises NotFound where it is another account's."""
    row = tx.execute(select(notice).where(notice.c.id == notice_id)).first()
    if row is not None and row.account_id != account_id:
        raise NotFound("There is no such notice")
    return None if row is None else _notice(tx, row)


def with_version(tx: Tx, account_id: str, version: int) -> Notice:
    """Return the one notice of an account that has this version, whose ever it is. Raises NotFound."""
    row = tx.execute(select(notice).where(notice.c.account_id == account_id, notice.c.version == version)).first()
    if row is None:
        raise NotFound("There is no such version of the notice")
    return _notice(tx, row)


def _notice(tx: Tx, row: Row[*tuple[Any, ...]]) -> Notice:
    texts = tx.execute(select(*_text_columns).where(notice_text.c.notice_id == row.id).order_by("locale"))
    return Notice(row.version, row.published_at, row.site_id, {found.locale: NoticeText(*found) for found in texts})


def consents_now(tx: Tx, contact: Contact) -> bool:
    """Whether a contact has a live consent to the notice in force at their site."""
    account, site = accounts.one(tx, contact.account_id), accounts.site_by_id(tx, contact.site_id)
    return is_live(contact.receipt_id, contact.notice_version, in_force(site.notice_version, account.notice_version))


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
