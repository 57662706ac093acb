"""Contacts as agents see them."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import asdict

from chat.account import store as accounts
from chat.account.actions import forms
from chat.consent import store as consents
from chat.contacts.store import contacts, holds
from chat.core import access, frames
from chat.core.addresses import address
from chat.core.clock import stamp
from chat.core.errors import NotFound
from chat.core.model import Actor, Contact, Receipt, Site
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.tickets.actions import transcripts
from chat.tickets.domain import TicketQuery
from chat.tickets.store import tickets
from chat.tickets.store.tickets import ListedTicket

TICKETS = 100


class ConsentView(Struct, frozen=True):
    """What a contact agreed to, or took back. `at` is RFC 3339."""

    action: str
    version: int
    purposes: dict[str, bool]
    locale: str
    at: str


class ContactView(Struct, frozen=True):
    """A contact as lists show it: what was given before the chat, None where it was not."""

    id: str
    name: str | None
    email: str | None
    phone: str | None
    fields: list[forms.GivenField]
    locale: str
    created_at: str


class ContactProfile(ContactView, frozen=True):
    """A contact with consents and tickets."""

    site: frames.SiteName
    consents: list[ConsentView]
    tickets: list[frames.TicketSummary]


async def one(services: Services, actor: Actor, uid: str) -> ContactProfile:
    """Return a contact of the actor's account with consents and tickets. Raises NotFound where there is none."""
    access.require(actor, "contact.read")

    def work(tx: Tx) -> tuple[Contact, Site, list[Receipt], list[ListedTicket]]:
        contact = contacts.of_account(tx, actor.account_id, uid)
        if contact.receipt_id is None or holds.until(tx, [contact.id]):
            raise NotFound("No such contact")
        listed = tickets.page(tx, actor.account_id, TicketQuery(contact=uid), None, TICKETS)
        return (
            contact,
            accounts.site_by_id(tx, contact.site_id),
            consents.receipts(tx, contact.id),
            listed,
        )

    contact, site, ledger, listed = await services.store.read(work)
    await audit.record_view(services, actor, "contact.viewed", uid, uid)
    return ContactProfile(
        **asdict(_shown(services, contact)),
        site=frames.SiteName(site.id, site.name, site.color),
        consents=[_consent(each) for each in ledger],
        tickets=[transcripts.summary(services, each) for each in listed],
    )


async def page(
    services: Services, actor: Actor, email: str | None, after: int, limit: int
) -> tuple[list[ContactView], tuple[int] | None]:
    """
    Return contacts of the account, those with an address where one is given, and where the next page begins. Raises
    InvalidField where what is looked for is no address.
    """
    access.require(actor, "contact.read")
    found_by = None if email is None else services.email_hash(actor.account_id, email)

    def work(tx: Tx) -> tuple[list[Contact], dict[int, int]]:
        found = contacts.page(tx, actor.account_id, found_by, after, limit + 1)
        return found, holds.until(tx, [each.id for each in found])

    found, held = await services.store.read(work)
    if email is not None and not found:
        # Looked for first and judged afterwards: an address that is refused today may have been taken by an older
        # Lethe.
        address(email)
    await audit.record_view(services, actor, "contacts.listed")
    last = (found[limit - 1].id,) if len(found) > limit else None
    # Left out only after the page was cut, so it may be short or empty and still have a next one. A client that took a
    # short page for the last would end there (CVE-2026-45076).
    seen = [each for each in found[:limit] if each.receipt_id is not None and each.id not in held]
    return [_shown(services, each) for each in seen], last


async def ledger(services: Services, actor: Actor, uid: str) -> list[Receipt]:
    """Return a contact's receipts, first to last."""
    access.require(actor, "contact.read")

    def work(tx: Tx) -> list[Receipt]:
        return consents.receipts(tx, contacts.of_account(tx, actor.account_id, uid).id)

    found = await services.store.read(work)
    await audit.record_view(services, actor, "consents.viewed", uid, uid)
    return found


def _shown(services: Services, contact: Contact) -> ContactView:
    return ContactView(
        id=contact.uid,
        name=transcripts.name_of(services, contact),
        email=services.unseal(contact.key_slot, contact.uid, "email", contact.email),
        phone=services.unseal(contact.key_slot, contact.uid, "phone", contact.phone),
        fields=forms.given(services, contact),
        locale=contact.locale,
        created_at=stamp(contact.created_at),
    )


def _consent(receipt: Receipt) -> ConsentView:
    return ConsentView(receipt.action, receipt.notice_version, receipt.purposes, receipt.locale, stamp(receipt.at))
