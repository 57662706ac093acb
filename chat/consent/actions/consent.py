"""Consent: agreeing to the notice in force, renewing and withdrawing, and the receipts that prove it."""

from __future__ import annotations

from collections.abc import Collection
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
from chat.core.errors import ConsentRequired, InvalidField, NotFound, NoticeOutdated, Unauthorized
from chat.core.events import ConsentChanged
from chat.core.ids import uuid7
from chat.core.model import Account, Contact, Notice, NoticeText, Receipt, Site
from chat.core.tokens import Visitor
from chat.customers.domain import ProvenCustomer
from chat.infra.gathered import Entered
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.spam_filter.actions import training

OPTIONAL = tuple(each for each in notices.PURPOSES if each != "chat")


@dataclass(frozen=True)
class VisitorAgreement:
    """
    What a visitor says when agreeing. `answers` are those to what the site asks before the chat, by field. Said again
    with the same `id` (a UUID made at random) it is the same agreement. `customer` is who is proven to be signed in,
    `shown` the hash of the text that was agreed to, where it is said.
    """

    version: int
    purposes: dict[str, bool]
    answers: dict[str, str]
    locale: str
    build: str = ""
    id: str = ""
    customer: ProvenCustomer | None = None
    shown: str = ""


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
        text = require_agreement(notices.in_force(tx, account, site), asked)
        require_address(choices, known.email)
        return record_renewal(services, tx, contact, entry_of(services, account, site, contact, text, asked, "renewed"))

    receipt = await services.store.write(work)
    await training.relearn_contact(services, contact.account_id, contact.id)
    services.bus.publish(Delivery(ConsentChanged(contact.account_id, contact.id), source=source))
    return receipt


def record_renewal(services: Services, tx: Tx, contact: Contact, entry: ReceiptEntry) -> Receipt:
    """Enter that a contact agreed again, and return the receipt."""
    before = consents.receipts(tx, contact.id)[-1].purposes
    consents.add_receipt(tx, contact.id, entry, live=True)
    services.record(tx, ConsentChanged(contact.account_id, contact.id))
    ended = [each for each in OPTIONAL if before.get(each) and not entry.purposes.get(each)]
    if notices.ANSWERS in ended:
        _drop_address(tx, contact)
    # A backup has the purpose still: without this line a restore would teach by the labels, and mail answers, again.
    if ended:
        services.ledger.enter(services.clock(), "narrow", {"contact": contact.uid, "purposes": ended})
    return consents.receipts(tx, contact.id)[-1]


def record_withdrawal(services: Services, tx: Tx, contact: Contact) -> None:
    """Enter the withdrawal in the ledger: from this commit on nothing of the contact's is taken. Twice is once."""
    if contact.receipt_id is None:
        return
    site, account = accounts.site_by_id(tx, contact.site_id), accounts.one(tx, contact.account_id)
    consents.add_receipt(tx, contact.id, _ended(services, tx, contact, account, site, "withdrawn"), live=False)


def record_narrowing(services: Services, tx: Tx, contact: Contact, ended: Collection[str]) -> None:
    """Enter again that a contact took back optional purposes: what the ledger says is done, and not entered in it."""
    entry = _narrowed(services, tx, contact, ended)
    if entry is not None:
        consents.add_receipt(tx, contact.id, entry, live=True)
        if notices.ANSWERS in ended:
            _drop_address(tx, contact)


def end_purpose(services: Services, tx: Tx, contact: Contact, purpose: str) -> bool:
    """End an optional purpose of a contact's, and tell whether they had agreed to it. Twice is once."""
    if not consents.purposes_of(tx, contact.id).get(purpose):
        return False
    entry = _narrowed(services, tx, contact, [purpose])
    if entry is not None:
        record_renewal(services, tx, contact, entry)
    return entry is not None


def _narrowed(services: Services, tx: Tx, contact: Contact, ended: Collection[str]) -> ReceiptEntry | None:
    """Return the ledger's row for what is left: to the notice last agreed to. None where no consent is live."""
    if contact.receipt_id is None or contact.notice_version is None:
        return None
    site, account = accounts.site_by_id(tx, contact.site_id), accounts.one(tx, contact.account_id)
    notice = consents.with_version(tx, account.id, contact.notice_version)
    left = consents.receipts(tx, contact.id)[-1].purposes | dict.fromkeys(ended, False)
    asked = VisitorAgreement(notice.version, left, {}, contact.locale)
    return entry_of(services, account, site, contact, (notice, notice.text(contact.locale)), asked, "renewed")


def _drop_address(tx: Tx, contact: Contact) -> None:
    """Drop an address that was given for answers by mail alone: its purpose has ended."""
    if accounts.site_by_id(tx, contact.site_id).fields.get("email", "off") == "off":
        contacts.change(tx, contact.id, email=None, email_hash=None)


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
            services.record(tx, ConsentChanged(contact.account_id, contact.id))
        return found

    ended = await services.store.write(work)
    for each in ended:
        await training.relearn_contact(services, each.account_id, each.id)
    services.bus.publish(*(ConsentChanged(each.account_id, each.id) for each in ended))
    return len(ended)


def _ended(services: Services, tx: Tx, contact: Contact, account: Account, site: Site, action: str) -> ReceiptEntry:
    """Return the ledger's row for a consent that ends: to the notice last agreed to, and no purpose is left."""
    version = consents.receipts(tx, contact.id)[-1].notice_version
    notice = consents.with_version(tx, account.id, version)
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
    Return the contact a token speaks for. Raises Unauthorized where it was erased and, with `live`, ConsentRequired
    where there is no consent to the notice in force, and Forbidden where the site was deleted.
    """

    def work(tx: Tx) -> Contact:
        try:
            contact = contacts.by_uid(tx, visitor.contact)
        except NotFound:
            raise Unauthorized("This visitor was erased") from None
        if live and not consents.consents_now(tx, contact):
            raise ConsentRequired("Agree to the current notice first")
        if live:
            accounts.require_site(tx, contact.site_id)
        return contact

    return await services.store.read(work)


def require_agreement(notice: Notice | None, asked: VisitorAgreement) -> tuple[Notice, NoticeText]:
    """
    Return the notice agreed to. It fails closed: `chat` must be true, the version the one in force, and the text that
    was shown its own: a restore counts versions on from an older one.
    """
    # `is not True` and not a look at its truth: nothing but JSON's true is ever a yes.
    if asked.purposes.get("chat") is not True:
        raise ConsentRequired("The box for the chat must be ticked")
    if notice is None or asked.version != notice.version or not _is_shown(notice, asked):
        view = notices.notice_view(notice, asked.locale)
        raise NoticeOutdated("Read the current notice and agree to it", notice=view)
    return notice, notice.text(asked.locale)


def _is_shown(notice: Notice, asked: VisitorAgreement) -> bool:
    return asked.shown in {"", notice.text(asked.locale).sha256}


def require_address(choices: dict[str, bool], address: object) -> None:
    """Raise InvalidField where answers are to be mailed and there is no address."""
    if choices.get(notices.ANSWERS) and not address:
        raise InvalidField("Give the address that an answer is to go to, or leave that box empty", field="email")


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


async def narrow_again(services: Services, what: Entered) -> None:
    """Take back again what a contact allowed besides the chat."""

    def work(tx: Tx) -> None:
        contact = contacts.find(tx, what["contact"])
        if contact is not None:
            # A line of an older Lethe names no purposes: of the optional ones there was one.
            record_narrowing(services, tx, contact, what.get("purposes", ["spam_training"]))

    await services.store.write(work)
    await training.relearn(services, what["contact"])
