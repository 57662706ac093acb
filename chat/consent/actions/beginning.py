"""Beginning: agreeing for the first time, which makes a contact. Said again with the same id, it is said once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from chat.account import store as accounts
from chat.account.actions import forms
from chat.consent import store as consents
from chat.consent.actions import consent, notices
from chat.consent.actions.consent import VisitorAgreement
from chat.consent.actions.notices import SiteAndNotice
from chat.consent.actions.receipts import SignedReceipt, signed_receipt
from chat.contacts.store import contacts
from chat.core.errors import LetheError, NotNow
from chat.core.events import ConsentChanged, ContactBegan
from chat.core.ids import uuid7
from chat.core.model import Account, Contact, Notice, NoticeText, Site
from chat.customers.actions import identities
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.spam_filter.actions import training


@dataclass(frozen=True)
class Begun:
    """What agreeing gives: the token for the socket, the signed receipt, the contact's public id."""

    token: str
    receipt: SignedReceipt
    contact_id: str


@dataclass(frozen=True)
class _Agreeing:
    """Where somebody agrees, and to what."""

    account: Account
    site: Site
    text: tuple[Notice, NoticeText]


async def begin(services: Services, at: SiteAndNotice, asked: VisitorAgreement) -> Begun:
    """
    Agree: store a contact with a data key of its own and a signed receipt, and return the token.

    With the `id` of an agreement whose answer was lost, nothing is stored twice: the contact is the same. What was said
    last counts until the contact's first message; from then on the id gives a token and changes nothing. It ends with
    their withdrawal and with their erasure. Raises ConsentRequired, NoticeOutdated, InvalidField or, where the id is of
    no use any more, NotNow before anything is stored.
    """
    account, site, notice = at
    asking = _addressed(site, asked)
    asked = replace(asked, answers=forms.checked(asking, _as_shop_says(asking, asked)))
    agreeing = _Agreeing(account, site, consent.require_agreement(notice, asked))
    uid = uuid7()
    # Before the transaction, since keys lie in a store of their own. Whatever fails from here on destroys it again.
    slot = await asyncio.to_thread(services.keys.create, uid)
    row = _row(services, site, asked, uid, slot)
    try:
        contact, signed = await services.store.write(lambda tx: _store(services, tx, agreeing, asked, row))
    except LetheError:
        await asyncio.to_thread(services.keys.destroy, slot, uid)
        raise
    # It was said again, or on another device: the contact has a key of their own, and this key is nobody's.
    if contact.uid != uid:
        await asyncio.to_thread(services.keys.destroy, slot, uid)
        await training.relearn_contact(services, contact.account_id, contact.id)
        services.bus.publish(ConsentChanged(contact.account_id, contact.id))
    return Begun(services.tokens.visitor(contact.uid, site.key, services.clock()), signed, contact.uid)


def _store(
    services: Services, tx: Tx, agreeing: _Agreeing, asked: VisitorAgreement, row: dict[str, Any]
) -> tuple[Contact, SignedReceipt]:
    """Store the contact, or find the one who began with this id, and return the contact and the receipt."""
    _require_in_force(tx, agreeing, asked)
    customer = _customer(services, tx, agreeing.site, asked, row["begun"])
    if customer is not None:
        return _joined(services, tx, agreeing, asked, customer)
    contact = contacts.add(tx, row)
    if contact is None:
        return _again(services, tx, agreeing, asked, row["begun"])
    # A request that comes late must not bring back who has withdrawn or was erased since.
    if row["begun"] and any(is_used(tx, row["begun"]) for is_used in services.gathered.agreement_used):
        raise _used()
    entry = consent.entry_of(services, agreeing.account, agreeing.site, contact, agreeing.text, asked, "given")
    consents.add_receipt(tx, contact.id, entry, live=True)
    services.record(tx, ContactBegan(contact.account_id, contact.id))
    if asked.customer is not None:
        identities.link(services, tx, agreeing.site, contact, asked.customer)
    return contact, signed_receipt(entry.document, entry.signature)


def _customer(services: Services, tx: Tx, site: Site, asked: VisitorAgreement, begun: str | None) -> Contact | None:
    """Return the contact who is the customer that agrees, where they have agreed before, by another id than this."""
    if asked.customer is None:
        return None
    contact = identities.find(services, tx, site, asked.customer)
    return None if contact is None or (begun and contacts.begun(tx, begun)) else contact


def _joined(
    services: Services, tx: Tx, agreeing: _Agreeing, asked: VisitorAgreement, contact: Contact
) -> tuple[Contact, SignedReceipt]:
    """
    A customer agrees on another device: the contact is the same, with a receipt of this agreement too. What they
    answered before stays, and what was not answered yet is filled in.
    """
    given = _answers(services, agreeing.site, asked, contact.uid, contact.key_slot)
    if contact.email is not None:
        del given["email_hash"]
    missing = {name: value for name, value in given.items() if getattr(contact, name, None) is None}
    if any(value is not None for value in missing.values()):
        contacts.change(tx, contact.id, **missing)
    entry = consent.entry_of(services, agreeing.account, agreeing.site, contact, agreeing.text, asked, "given")
    consent.record_renewal(services, tx, contact, entry)
    return contact, signed_receipt(entry.document, entry.signature)


def _addressed(site: Site, asked: VisitorAgreement) -> Site:
    """Return the site with the address needed where answers are to be mailed to it."""
    return notices.asking_address(site, "required") if asked.purposes.get(notices.ANSWERS) else site


def _as_shop_says(site: Site, asked: VisitorAgreement) -> dict[str, str]:
    """Return the answers, with what a signed token says of name and address where the site asks for these."""
    if asked.customer is None:
        return asked.answers
    said = {"name": asked.customer.name, "email": asked.customer.email}
    return asked.answers | {each: text for each, text in said.items() if text and site.fields.get(each, "off") != "off"}


def _require_in_force(tx: Tx, agreeing: _Agreeing, asked: VisitorAgreement) -> None:
    """
    Raise NoticeOutdated where another notice is in force by now than when it was read, before the body came, and
    Forbidden where the site was deleted.
    """
    sites_own, account = accounts.require_site(tx, agreeing.site.id), accounts.one(tx, agreeing.account.id)
    # Not by its version: which one somebody agreed to is compared in one place, by `require_agreement` and the gate.
    if (account, sites_own) != (agreeing.account, agreeing.site.notice_version):
        site = accounts.site_by_id(tx, agreeing.site.id)
        consent.require_agreement(notices.in_force(tx, account, site), asked)


def _again(
    services: Services, tx: Tx, agreeing: _Agreeing, asked: VisitorAgreement, begun: str
) -> tuple[Contact, SignedReceipt]:
    """The answer was lost and they agree once more, perhaps to something else: what they say now counts."""
    contact = contacts.begun(tx, begun)
    if contact is None:
        raise _used()
    if asked.customer is not None:
        identities.link(services, tx, agreeing.site, contact, asked.customer)
    last = consents.receipts(tx, contact.id)[-1]
    # From here on there is something to read, so whoever has the id must not change whose it is or what was agreed to.
    if services.gathered.conversations.has_written(tx, contact.id):
        return contact, signed_receipt(last.document, last.signature)
    contacts.change(tx, contact.id, **_answers(services, agreeing.site, asked, contact.uid, contact.key_slot))
    entry = consent.entry_of(services, agreeing.account, agreeing.site, contact, agreeing.text, asked, "renewed")
    if all(getattr(last, each) == getattr(entry, each) for each in ("notice_version", "locale", "purposes")):
        return contact, signed_receipt(last.document, last.signature)
    consent.record_renewal(services, tx, contact, entry)
    return contact, signed_receipt(entry.document, entry.signature)


def _used() -> NotNow:
    return NotNow("This id was used before; agree again with another")


def _row(services: Services, site: Site, asked: VisitorAgreement, uid: str, slot: int) -> dict[str, Any]:
    return _answers(services, site, asked, uid, slot) | {
        "uid": uid,
        "account_id": site.account_id,
        "site_id": site.id,
        "key_slot": slot,
        "begun": services.begun_hash(site.id, asked.id) if asked.id else None,
        "created_at": services.clock(),
    }


def _answers(services: Services, site: Site, asked: VisitorAgreement, uid: str, slot: int) -> dict[str, Any]:
    """Return the columns that hold what a contact said."""
    email = asked.answers.get("email", "")
    found_by = services.email_hash(site.account_id, email) if email else None
    sealed = forms.sealed(services, site, asked.locale, uid, slot, asked.answers)
    return sealed | {"email_hash": found_by, "locale": asked.locale}
