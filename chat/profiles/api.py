"""Contacts over REST."""

from __future__ import annotations

from chat.consent.actions.portable import PortableReceipt, portable
from chat.consent.actions.receipts import SignedReceipt, signed_receipt
from chat.consent.api import STANDARD
from chat.erasure.actions import erasure
from chat.profiles import actions as contacts
from chat.web.endpoint import Ask, endpoint
from chat.web.lists import CURSOR, LIMIT, Listed, listed
from chat.web.requests import choice, optional

EMAIL = optional("email")
ORDER = choice("order", "number", refusal="An order is one of number")


@endpoint("GET /contacts", permission="contact.read", query=[EMAIL, ORDER, LIMIT, CURSOR], audited={"contacts.listed"})
async def list_contacts(ask: Ask[None]) -> Listed[contacts.ContactView]:
    """Return them in the order in which they came. `?email=` finds by the whole address."""
    after, limit = (ask.query(CURSOR) or (0,))[0], ask.query(LIMIT)
    ask.query(ORDER)
    items, last = await contacts.page(ask.services, ask.actor, ask.query(EMAIL), after, limit)
    return listed(items, last)


@endpoint("GET /contacts/{id}", permission="contact.read", audited={"contact.viewed"})
async def get_contact(ask: Ask[None]) -> contacts.ContactProfile:
    """Return one."""
    return await contacts.one(ask.services, ask.actor, ask.path["id"])


@endpoint(
    "DELETE /contacts/{id}", permission="erasure.ask", audited={"consent.withdrawn", "erasure.requested"}, status=202
)
async def erase_contact(ask: Ask[None]) -> dict[str, str]:
    """File an erasure."""
    return {"erasure_id": await erasure.by_agent(ask.services, ask.actor, ask.path["id"])}


@endpoint("GET /contacts/{id}/consents", permission="contact.read", query=[STANDARD], audited={"consents.viewed"})
async def list_consents(ask: Ask[None]) -> Listed[SignedReceipt] | Listed[PortableReceipt]:
    """Return the receipts, withdrawn ones too. `?format=ts27560` gives them in that standard's terms."""
    ledger = await contacts.ledger(ask.services, ask.actor, ask.path["id"])
    found = [signed_receipt(each.document, each.signature) for each in ledger]
    if ask.query(STANDARD) == "ts27560":
        return Listed([portable(ask.services, each.receipt) for each in found])
    return Listed(found)
