"""Contacts as agents see them."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import asdict

from chat.account import store as accounts
from chat.account.actions import forms
from chat.answer_mail import store as answers
from chat.consent import store as consents
from chat.contacts.store import contacts, holds, persons
from chat.core import access, frames
from chat.core.addresses import address
from chat.core.clock import stamp
from chat.core.errors import NotFound
from chat.core.model import Actor, Contact, Receipt, Site
from chat.customers.actions import identities
from chat.erasure.actions import asks as erasure_asks
from chat.erasure.actions.asks import ErasureAskView
from chat.erasure.store import asks
from chat.erasure.store.asks import ErasureAsk
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.profiles.actions import finding
from chat.profiles.domain import ContactQuery
from chat.tickets.actions import transcripts
from chat.tickets.domain import TicketQuery
from chat.tickets.store import tickets
from chat.tickets.store.tickets import ListedTicket

TICKETS = 100
ExternalIds = dict[int, str]
"""The ids at their shop of contacts who are signed-in customers, by the contact's key."""


class ConsentView(Struct, frozen=True):
    """What a contact agreed to, or took back. `at` is RFC 3339."""

    action: str
    version: int
    purposes: dict[str, bool]
    locale: str
    at: str


class ContactView(Struct, frozen=True):
    """
    A contact as lists show it: what was given before the chat, None where it was not. `external_id` is the customer's
    at the shop, which proved it: `verified` says so. Nothing else is proven.
    """

    id: str
    name: str | None
    email: str | None
    phone: str | None
    fields: list[forms.GivenField]
    locale: str
    created_at: str
    external_id: str | None
    verified: bool


class ContactProfile(ContactView, frozen=True):
    """
    A contact with consents and tickets: those of all `merged` contacts (ids) too, whom agents take for the same person.
    Until `blocked_until` what they write is quarantined, null where they are not blocked.
    `bounced`: nobody is at the address that an answer was mailed to, which ended such mail.
    """

    merged: list[str]
    site: frames.SiteName
    consents: list[ConsentView]
    tickets: list[frames.TicketSummary]
    erasure_ask: ErasureAskView | None
    blocked_until: str | None
    bounced: bool


async def one(services: Services, actor: Actor, uid: str) -> ContactProfile:
    """Return a contact of the actor's account with consents and tickets. Raises NotFound where there is none."""
    access.require(actor, "contact.read")

    def work(
        tx: Tx,
    ) -> tuple[list[Contact], Site, list[Receipt], list[ListedTicket], ErasureAsk | None, ExternalIds, int, bool]:
        theirs = seen_by(tx, actor, uid)
        contact = theirs[0]
        listed = tickets.page(
            tx, actor.account_id, TicketQuery(contact=uid), None, TICKETS, departments=actor.departments
        )
        return (
            theirs,
            accounts.site_by_id(tx, contact.site_id),
            _receipts(tx, theirs),
            listed,
            next((ask for each in theirs if (ask := asks.of_contact(tx, each.id))), None),
            identities.external_ids(services, tx, [contact]),
            contacts.blocked_until(tx, contact.id) or 0,
            answers.has_bounced(tx, contact.id),
        )

    theirs, site, ledger, listed, ask, customers, until, bounced = await services.store.read(work)
    for each in theirs:
        await audit.record_view(services, actor, "contact.viewed", each.uid, each.uid)
    return ContactProfile(
        **asdict(shown(services, theirs[0], customers)),
        merged=[each.uid for each in theirs[1:]],
        site=frames.SiteName(site.id, site.name, site.color),
        consents=[_consent(each) for each in ledger],
        tickets=[transcripts.summary(services, each) for each in listed],
        erasure_ask=None if ask is None else erasure_asks.view(services, actor, ask),
        blocked_until=stamp(until) if until > services.clock() else None,
        bounced=bounced,
    )


async def page(
    services: Services, actor: Actor, wanted: ContactQuery, after: int, limit: int
) -> tuple[list[ContactView], tuple[int] | None]:
    """
    Return contacts of the account that are `wanted`, and where the next page begins. Raises InvalidField where what is
    looked for is no address.
    """
    access.require(actor, "contact.read")
    looked_for = None if wanted.terms is None else await finding.keys_with(services, actor, wanted, after, limit)

    def work(tx: Tx) -> tuple[list[Contact], dict[int, int], set[int], ExternalIds, dict[int, Contact]]:
        keys = [] if looked_for is None else [looked_for[0]]
        found = finding.next_contacts(services, tx, actor, wanted, after, limit + 1, keys)
        ids = [each.id for each in found]
        parts = persons.shown_as(tx, actor.account_id, ids)
        first = {each.id: persons.whole(tx, each)[0] for each in found if each.id in parts}
        customers = identities.external_ids(services, tx, [*found, *first.values()])
        return found, holds.until(tx, ids), tickets.contacts_seen(tx, ids, actor.departments), customers, first

    found, held, open_to, customers, parts = await services.store.read(work)
    if wanted.email is not None and not found:
        # Looked for first and judged afterwards: an address that is refused today may have been taken by an older
        # Lethe.
        address(wanted.email)
    await audit.record_view(services, actor, "contacts.listed")
    cut = (found[limit - 1].id,) if len(found) > limit else None
    last = cut if looked_for is None else looked_for[1]
    # Left out only after the page was cut, so it may be short or empty and still have a next one. A client that took a
    # short page for the last would end there (CVE-2026-45076).
    seen = [
        each for each in found[:limit] if each.receipt_id is not None and each.id not in held and each.id in open_to
    ]
    if wanted.is_everybody:
        # In the whole list the person comes by themselves, and only once.
        return [shown(services, each, customers) for each in seen if each.id not in parts], last
    once = {one.uid: one for each in seen for one in [parts.get(each.id, each)]}
    return [shown(services, each, customers) for each in once.values()], last


async def ledger(services: Services, actor: Actor, uid: str) -> list[Receipt]:
    """Return a contact's receipts, first to last."""
    access.require(actor, "contact.read")

    def work(tx: Tx) -> list[Receipt]:
        theirs = persons.whole(tx, contacts.of_account(tx, actor.account_id, uid))
        if not tickets.contacts_seen(tx, [each.id for each in theirs], actor.departments):
            raise NotFound("No such contact")
        return _receipts(tx, theirs)

    found = await services.store.read(work)
    await audit.record_view(services, actor, "consents.viewed", uid, uid)
    return found


def seen_by(tx: Tx, actor: Actor, uid: str) -> list[Contact]:
    """
    Return all contacts that are one person with this one, first as whom they are shown. Raises NotFound unless the
    actor sees who it is.
    """
    theirs = persons.whole(tx, contacts.of_account(tx, actor.account_id, uid))
    ids = [each.id for each in theirs]
    hidden = not tickets.contacts_seen(tx, ids, actor.departments)
    if hidden or holds.until(tx, ids) or any(each.receipt_id is None for each in theirs):
        raise NotFound("No such contact")
    return theirs


def _receipts(tx: Tx, theirs: list[Contact]) -> list[Receipt]:
    return sorted((one for each in theirs for one in consents.receipts(tx, each.id)), key=lambda each: each.id)


def shown(services: Services, contact: Contact, customers: ExternalIds | None = None) -> ContactView:
    """Return a contact as lists show it, with the id at the shop of whoever is among the signed-in `customers`."""
    customers = customers or {}
    return ContactView(
        id=contact.uid,
        name=transcripts.name_of(services, contact),
        email=services.unseal(contact.key_slot, contact.uid, "email", contact.email),
        phone=services.unseal(contact.key_slot, contact.uid, "phone", contact.phone),
        fields=forms.given(services, contact),
        locale=contact.locale,
        created_at=stamp(contact.created_at),
        external_id=customers.get(contact.id),
        verified=contact.id in customers,
    )


def given(profile: ContactProfile) -> ContactView:
    """Return what of a profile the contact gave, or an agent corrected: what its tag is over."""
    return ContactView(**{name: getattr(profile, name) for name in ContactView.__struct_fields__})


def _consent(receipt: Receipt) -> ConsentView:
    return ConsentView(receipt.action, receipt.notice_version, receipt.purposes, receipt.locale, stamp(receipt.at))
