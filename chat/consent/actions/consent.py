"""Consent: agreeing to the notice in force, renewing and withdrawing, and the receipts that prove it."""

from __future__ import annotations

from dataclasses import dataclass

from chat.account import store as accounts
from chat.consent import store as consents
from chat.consent.actions import notices
from chat.consent.actions.receipts import (
    ReceiptAccount,
    ReceiptDocument,
    ReceiptNotice,
    ReceiptPurpose,
    ReceiptSite,
    SignedReceipt,
    signed_receipt,
)
from chat.consent.store import ReceiptEntry
from chat.contacts.store import contacts
from chat.core.clock import stamp
from chat.core.crypt import canonical
from chat.core.deliveries import Delivery
from chat.core.errors import ConsentRequired, NotFound, NoticeOutdated, Unauthorized
from chat.core.events import ConsentChanged
from chat.core.gate import is_live
from chat.core.ids import uuid7
from chat.core.model import Account, Contact, Notice, NoticeText, Receipt, Site
from chat.core.tokens import Visitor
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.spam_filter.actions import training


@dataclass(frozen=True)
class VisitorAgreement:
    """
    What a visitor says when agreeing. `answers` are those to what the site asks before the chat, by field. Said again
    with the same `id` (a UUID made at random) it is the same agreement.
    """

    version: int
    purposes: dict[str, bool]
    answers: dict[str, str]
    locale: str
    build: str = ""
    id: str = ""


async def renew(
    services: Services, contact: Contact, version: int, choices: dict[str, bool], source: object = None
) -> Receipt:
    """Agree to the notice now in force, or to other purposes of it."""

    def work(tx: Tx) -> Receipt:
        # Locked and read again: an agreement that is under way must not bring back a consent that was withdrawn
        # meanwhile.
        known = contacts.by_uid(tx, contact.uid, lock=True)
        if known.receipt_id is None:
            raise Unauthorized("This consent was withdrawn")
        site = accounts.site_by_id(tx, contact.site_id)
        account = accounts.one(tx, contact.account_id)
        asked = VisitorAgreement(version, choices, {}, contact.locale)
        text = require_agreement(notices.in_force(tx, account), version, choices, contact.locale)
        return record_renewal(services, tx, contact, entry_of(services, account, site, contact, text, asked, "renewed"))

    receipt = await services.store.write(work)
    await training.relearn_contact(services, contact.account_id, contact.id)
    services.bus.publish(Delivery(ConsentChanged(contact.account_id, contact.id), source=source))
    return receipt


def record_renewal(services: Services, tx: Tx, contact: Contact, entry: ReceiptEntry) -> Receipt:
    """Enter that a contact agreed again, and return the receipt."""
    before = consents.receipts(tx, contact.id)[-1].purposes
    consents.add_receipt(tx, contact.id, entry, live=True)
    # A backup has the labels still: without this line a restore would teach by them again.
    if before.get("spam_training") and not entry.purposes.get("spam_training"):
        services.ledger.enter(services.clock(), "narrow", {"contact": contact.uid})
    return consents.receipts(tx, contact.id)[-1]


def record_withdrawal(services: Services, tx: Tx, contact: Contact) -> None:
    """Enter the withdrawal in the ledger: from this commit on nothing of the contact's is taken. Twice is once."""
    if contact.receipt_id is None:
        return
    site, account = accounts.site_by_id(tx, contact.site_id), accounts.one(tx, contact.account_id)
    consents.add_receipt(tx, contact.id, _ended(services, tx, contact, account, site, "withdrawn"), live=False)


def record_narrowing(services: Services, tx: Tx, contact: Contact) -> None:
    """Enter again that a contact took back the optional purpose: to the notice last agreed to, with the chat alone."""
    if contact.receipt_id is None or contact.notice_version is None:
        return
    site, account = accounts.site_by_id(tx, contact.site_id), accounts.one(tx, contact.account_id)
    notice = consents.notices(tx, account.id, contact.notice_version)[0]
    asked = VisitorAgreement(notice.version, {"chat": True}, {}, contact.locale)
    entry = entry_of(services, account, site, contact, (notice, notice.text(contact.locale)), asked, "renewed")
    consents.add_receipt(tx, contact.id, entry, live=True)


async def expire(services: Services) -> int:
    """End each consent that is older than its account says, with an entry in the ledger, and return how many."""
    ended = 0
    # Until none is left: an owner who shortens the period ends thousands at once, and none may wait for the next round.
    while some := await _expire_some(services):
        ended += some
    return ended


async def _expire_some(services: Services) -> int:
    def work(tx: Tx) -> list[Contact]:
        found = consents.consents_over(tx, services.clock())
        for contact in found:
            site, account = accounts.site_by_id(tx, contact.site_id), accounts.one(tx, contact.account_id)
            consents.add_expiry(tx, contact.id, _ended(services, tx, contact, account, site, "expired"))
        return found

    ended = await services.store.write(work)
    for each in ended:
        await training.relearn_contact(services, each.account_id, each.id)
    services.bus.publish(*(ConsentChanged(each.account_id, each.id) for each in ended))
    return len(ended)


def _ended(services: Services, tx: Tx, contact: Contact, account: Account, site: Site, action: str) -> ReceiptEntry:
    """Return the ledger's row for a consent that ends: to the notice last agreed to, and no purpose is left."""
    version = consents.receipts(tx, contact.id)[-1].notice_version
    notice = consents.notices(tx, account.id, version)[0]
    asked = VisitorAgreement(version, dict.fromkeys(notices.PURPOSES, False), {}, contact.locale)
    return entry_of(services, account, site, contact, (notice, notice.text(contact.locale)), asked, action)


async def receipt(services: Services, visitor: Visitor) -> SignedReceipt:
    """Return the visitor's last receipt, signed."""
    ledger = await receipts(services, (await reader_of(services, visitor)).id)
    return signed_receipt(ledger[-1].document, ledger[-1].signature)


async def receipts(services: Services, contact_id: int) -> list[Receipt]:
    """Return a contact's ledger, first to last."""
    return await services.store.read(lambda tx: consents.receipts(tx, contact_id))


async def reader_of(services: Services, visitor: Visitor) -> Contact:
    """
    Return the contact a token speaks for, to read what is theirs: a notice they have not agreed to yet keeps nobody
    from that (Art. 15 GDPR). Unauthorized and ConsentRequired where the consent was withdrawn or has expired.
    """
    contact = await contact_of(services, visitor, live=False)
    if contact.receipt_id is None:
        raise ConsentRequired("This consent has ended")
    return contact


async def contact_of(services: Services, visitor: Visitor, *, live: bool = True) -> Contact:
    """
    Return the contact a token speaks for. Raises Unauthorized where it was erased, ConsentRequired (with `live`) where
    there is no consent to the notice in force.
    """

    def work(tx: Tx) -> Contact:
        try:
            contact = contacts.by_uid(tx, visitor.contact)
        except NotFound:
            raise Unauthorized("This visitor was erased") from None
        current = accounts.one(tx, contact.account_id).notice_version
        if live and not is_live(contact.receipt_id, contact.notice_version, current):
            raise ConsentRequired("Agree to the current notice first")
        return contact

    return await services.store.read(work)


def require_agreement(
    notice: Notice | None, version: int, choices: dict[str, bool], locale: str
) -> tuple[Notice, NoticeText]:
    """Return the notice agreed to. It fails closed: `chat` must be true, and the version the one in force."""
    # `is not True` and not a look at its truth: nothing but JSON's true is ever a yes.
    if choices.get("chat") is not True:
        raise ConsentRequired("The box for the chat must be ticked")
    if notice is None or version != notice.version:
        raise NoticeOutdated("Read the current notice and agree to it", notice=notices.notice_view(notice, locale))
    return notice, notice.text(locale)


def entry_of(
    services: Services,
    account: Account,
    site: Site,
    contact: Contact,
    agreed: tuple[Notice, NoticeText],
    asked: VisitorAgreement,
    action: str,
) -> ReceiptEntry:
    """Return the ledger's row: the document says everything, to the byte that was signed."""
    notice, text = agreed
    uid, at = uuid7(), services.clock()
    choices = {each.id: bool(asked.purposes.get(each.id)) for each in notices.purposes(text)}
    shown = [ReceiptPurpose(each.id, each.label, each.required) for each in notices.purposes(text)]
    document = ReceiptDocument(
        account=ReceiptAccount(account.id, account.name),
        action=action,
        at=stamp(at),
        consent=choices,
        contact_id=contact.uid,
        locale=text.locale,
        notice=ReceiptNotice(text.privacy_url, shown, text.sha256, text.text, notice.version),
        receipt=uid,
        signed_with=services.signer.public_key,
        site=ReceiptSite(site.key, site.name),
        widget_build=asked.build,
    )
    written = canonical(document)
    signature = services.signer.sign(written)
    return ReceiptEntry(uid, action, notice.version, text.locale, choices, at, written.decode(), signature)
