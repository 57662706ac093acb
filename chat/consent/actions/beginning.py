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
from chat.core.events import ConsentChanged
from chat.core.ids import uuid7
from chat.core.model import Account, Contact, Notice, NoticeText, Site
from chat.infra.services import Services
from chat.infra.store.tx import Tx


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
    asked = replace(asked, answers=forms.checked(site, asked.answers))
    agreeing = _Agreeing(account, site, consent.require_agreement(notice, asked.version, asked.purposes, asked.locale))
    uid = uuid7()
    # Before the transaction, since keys lie in a store of their own. Whatever fails from here on destroys it again.
    slot = await asyncio.to_thread(services.keys.create, uid)
    row = _row(services, site, asked, uid, slot)
    try:
        contact, signed = await services.store.write(lambda tx: _store(services, tx, agreeing, asked, row))
    except LetheError:
        await asyncio.to_thread(services.keys.destroy, slot, uid)
        raise
    # It was said again: the contact is an older one with a key of their own, and this key is nobody's.
    if contact.uid != uid:
        await asyncio.to_thread(services.keys.destroy, slot, uid)
        services.bus.publish(ConsentChanged(contact.account_id, contact.id))
    return Begun(services.tokens.visitor(contact.uid, site.key, services.clock()), signed, contact.uid)


def _store(
    services: Services, tx: Tx, agreeing: _Agreeing, asked: VisitorAgreement, row: dict[str, Any]
) -> tuple[Contact, SignedReceipt]:
    """Store the contact, or find the one who began with this id, and return the contact and the receipt."""
    _require_in_force(tx, agreeing, asked)
    contact = contacts.add(tx, row)
    if contact is None:
        return _again(services, tx, agreeing, asked, row["begun"])
    # A request that comes late must not bring back who has withdrawn or was erased since.
    if row["begun"] and any(is_used(tx, row["begun"]) for is_used in services.gathered.agreement_used):
        raise _used()
    entry = consent.entry_of(services, agreeing.account, agreeing.site, contact, agreeing.text, asked, "given")
    consents.add_receipt(tx, contact.id, entry, live=True)
    return contact, signed_receipt(entry.document, entry.signature)


def _require_in_force(tx: Tx, agreeing: _Agreeing, asked: VisitorAgreement) -> None:
    """Raise NoticeOutdated where another notice is in force by now than when it was read, before the body came."""
    account = accounts.one(tx, agreeing.account.id)
    if account != agreeing.account:
        consent.require_agreement(notices.in_force(tx, account), asked.version, asked.purposes, asked.locale)


def _again(
    services: Services, tx: Tx, agreeing: _Agreeing, asked: VisitorAgreement, begun: str
) -> tuple[Contact, SignedReceipt]:
    """The answer was lost and they agree once more, perhaps to something else: what they say now counts."""
    contact = contacts.begun(tx, begun)
    if contact is None:
        raise _used()
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
