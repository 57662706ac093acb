"""
Correcting what is held of a contact (Art. 16 GDPR): an agent's word in the place of what was given.

An address that an agent enters is found by agents, and by nobody else: no mailed link reaches the contact by it, for it
may be a stranger's, and nothing that was on its way to the old one goes out.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from chat.account import store as accounts
from chat.account.actions import forms
from chat.contacts.store import contacts
from chat.core import access
from chat.core.errors import InvalidField, NotFound
from chat.core.events import ContactChanged, ContactCorrected, TicketChanged
from chat.core.model import Actor, Contact, Ticket
from chat.core.versions import ANY, Precondition
from chat.customers.actions import identities
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.letters.store import outbox
from chat.profiles.actions import profiles
from chat.rights import store as links
from chat.tickets.store import tickets


class ContactChange(Struct, frozen=True, forbid_unknown_fields=True):
    """
    What of a contact is to be corrected: null, or nothing, takes it away. `fields` are answers to the site's own
    fields by id, and those that it does not name stay.
    """

    name: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    phone: str | UnsetType | None = UNSET
    fields: dict[str, str | None] | UnsetType = UNSET


async def correct(
    services: Services, actor: Actor, uid: str, wanted: ContactChange, expected: Precondition = ANY
) -> None:
    """
    Correct what a contact gave. Raises InvalidField, NotFound where the actor does not see the contact, and
    ChangedMeanwhile where it is not as `expected`.
    """
    access.require(actor, "contact.change")
    access.require(actor, "contact.read")  # the answer shows who it is
    if wanted == ContactChange():
        raise InvalidField("Give any of name, email, phone, fields", field="name")
    given = {each: forms.tidied(each, getattr(wanted, each) or "") for each in _named(wanted)}

    def work(tx: Tx) -> tuple[str, list[Ticket]]:
        theirs = profiles.seen_by(tx, actor, uid)
        # Locked and read again: who is shown as the person, whichever part was named.
        contact = contacts.by_uid(tx, theirs[0].uid, lock=True)
        if contact.receipt_id is None:
            raise NotFound("No such contact")
        expected.require(profiles.shown(services, contact, identities.external_ids(services, tx, [contact])))
        changed = _changed(services, tx, contact, wanted, given)
        if not changed:
            return contact.uid, []
        if "email_hash" in changed:
            links.drop(tx, contact.id)
            outbox.LETTERS.drop(tx, contact.id)
        account = actor.account_id
        services.record(tx, ContactChanged(account, contact.uid), ContactCorrected(account, contact.id))
        now, names = services.clock(), [each for each in ContactChange.__struct_fields__ if each in changed]
        contacts.change(tx, contact.id, corrected_at=now, **changed)
        audit.record(services, tx, actor.account_id, actor.agent_id, "contact.changed", ",".join(names), contact.uid)
        # Not what is said now: the ledger outlives the contact's key, and holds nothing of them.
        services.ledger.enter(now, "correct", {"contact": contact.uid, "fields": names, "at": now})
        return contact.uid, [ticket for each in theirs for ticket in tickets.all_of_contact(tx, each.id)]

    person, theirs = await services.store.write(work)
    services.bus.publish(ContactChanged(actor.account_id, person), *(TicketChanged(each.ref) for each in theirs))


def _named(wanted: ContactChange) -> list[str]:
    return [each for each in forms.KNOWN if getattr(wanted, each) is not UNSET]


def _changed(
    services: Services, tx: Tx, contact: Contact, wanted: ContactChange, given: dict[str, str]
) -> dict[str, Any]:
    """Return the columns that differ from what is there."""
    known = profiles.shown(services, contact)
    made: dict[str, Any] = {
        name: services.seal(contact.key_slot, contact.uid, name, text) if text else None
        for name, text in given.items()
        if text != (getattr(known, name) or "")
    }
    if "email" in made:
        made |= _found_by(services, contact, known.email, given["email"])
    if wanted.fields is not UNSET:
        answers = {name: text or "" for name, text in wanted.fields.items()}
        own = forms.corrected(accounts.site_by_id(tx, contact.site_id), contact.locale, known.fields, answers)
        if own != known.fields:
            text = msgspec.json.encode(own).decode()
            made["fields"] = services.seal(contact.key_slot, contact.uid, "fields", text) if own else None
    return made


def _found_by(services: Services, contact: Contact, old: str | None, new: str) -> dict[str, str | None]:
    """Return what a new address is found by: nothing else where it is another spelling of the same mailbox."""
    scope = contact.account_id
    if old and new and services.email_hash(scope, old) == services.email_hash(scope, new):
        return {}
    return {"email_hash": services.corrected_hash(scope, new) if new else None}
