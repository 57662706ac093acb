"""Contacts over REST."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from chat.consent.actions.portable import PortableReceipt, portable
from chat.consent.actions.receipts import SignedReceipt, signed_receipt
from chat.consent.api import STANDARD
from chat.core.folding import SearchTerms
from chat.erasure.actions import asks, erasure
from chat.profiles.actions import blocking, correcting, merging
from chat.profiles.actions import profiles as contacts
from chat.profiles.actions.correcting import ContactChange
from chat.profiles.domain import ContactQuery
from chat.tickets.actions.tagging import tag_id
from chat.tickets.domain import tag_of
from chat.web.endpoint import Ask, Tagged, endpoint, tagged
from chat.web.lists import CURSOR, LIMIT, PAGE, PAGE_MOST, Listed, listed, numbers_of
from chat.web.requests import Parameter, choice, optional, uid

EMAIL, EXTERNAL_ID, Q, TAG = optional("email"), optional("external_id"), optional("q"), optional("tag")
SITE: Parameter[str | None] = Parameter("site", uid, None)
Order = Literal["number", "newest"]
ORDERS: tuple[Order, ...] = ("number", "newest")
ORDER: Parameter[Order] = choice("order", *ORDERS, refusal=f"An order is one of {', '.join(ORDERS)}")


class FiledErasure(Struct, frozen=True):
    """The number of a request, and whether it waits until somebody confirms it."""

    erasure_id: str
    waits: bool


@endpoint(
    "GET /contacts",
    permission="contact.read",
    query=[EMAIL, EXTERNAL_ID, Q, TAG, SITE, ORDER, LIMIT, CURSOR],
    audited={"contacts.listed"},
)
async def list_contacts(ask: Ask[None]) -> Listed[contacts.ContactView]:
    """
    Return them in the order in which they came, or the `newest` first. `?email=` finds by the whole address,
    `?external_id=` by the whole id at the shop, `?tag=` by a tag of their tickets, `?q=` by words of what they gave, as
    search compares them: a page may then be short, or empty, and still have a next one.
    """
    q, tag = ask.query(Q), ask.query(TAG)
    wanted = ContactQuery(
        email=ask.query(EMAIL),
        external_id=ask.query(EXTERNAL_ID),
        terms=None if q is None else SearchTerms.of(q),
        tag=None if tag is None else tag_id(ask.services, ask.actor.account_id, tag_of(tag, "tag")),
        site=ask.query(SITE),
        newest=ask.query(ORDER) == "newest",
    )
    after = (ask.query(CURSOR) or (0,))[0]
    return listed(*await contacts.page(ask.services, ask.actor, wanted, after, ask.query(LIMIT)))


class ContactSearch(Struct, frozen=True, forbid_unknown_fields=True):
    """Which contacts, as the parameters of `GET /contacts` say it."""

    q: str = ""
    tag: str = ""
    site: str = ""
    order: Order = "newest"
    cursor: str = ""
    limit: Annotated[int, Meta(ge=1, le=PAGE_MOST)] = PAGE


@endpoint("POST /contacts/search", permission="contact.read", audited={"contacts.listed"})
async def search_contacts(ask: Ask[ContactSearch]) -> Listed[contacts.ContactView]:
    """List as `GET /contacts` does, with what is looked for in the body, where no log of addresses has it."""
    asked = ask.body
    wanted = ContactQuery(
        terms=SearchTerms.of(asked.q) if asked.q else None,
        tag=tag_id(ask.services, ask.actor.account_id, tag_of(asked.tag, "tag")) if asked.tag else None,
        site=uid(asked.site, "site") if asked.site else None,
        newest=asked.order == "newest",
    )
    after = (numbers_of(asked.cursor, 1) or (0,))[0]
    return listed(*await contacts.page(ask.services, ask.actor, wanted, after, asked.limit))


@endpoint("GET /contacts/{id}", permission="contact.read", audited={"contact.viewed"})
async def get_contact(ask: Ask[None]) -> Tagged[contacts.ContactProfile]:
    """Return one."""
    found = await contacts.one(ask.services, ask.actor, ask.path["id"])
    return tagged(found, contacts.given(found))


@endpoint("PATCH /contacts/{id}", permission="contact.change", audited={"contact.changed", "contact.viewed"})
async def correct_contact(ask: Ask[ContactChange]) -> Tagged[contacts.ContactProfile]:
    """
    Correct what was given (Art. 16 GDPR): null, or an empty text, takes it away. No mailed link reaches a contact by an
    address that was entered here: nobody has shown that it is theirs.
    """
    await correcting.correct(ask.services, ask.actor, ask.path["id"], ask.body, ask.precondition)
    found = await contacts.one(ask.services, ask.actor, ask.path["id"])
    return tagged(found, contacts.given(found))


class MergedContact(Struct, frozen=True):
    """The id of the contact as which both are shown from now on."""

    contact_id: str


class OtherContact(Struct, frozen=True, forbid_unknown_fields=True):
    """The id of the contact that is the same person."""

    other: str


@endpoint(
    "POST /contacts/{id}/merge",
    permission="contact.merge",
    audited={"contact.merged", "hold.placed"},
    step_up=True,
)
async def merge_contact(ask: Ask[OtherContact]) -> MergedContact:
    """
    Show another contact as the same person, for good: agents then see, export, hold and erase both as one. Each keeps
    what it agreed to, its visitor and its key. The answer is the id as which they are shown.
    """
    return MergedContact(await merging.merge(ask.services, ask.actor, ask.path["id"], ask.body.other, ask.precondition))


class Block(Struct, frozen=True, forbid_unknown_fields=True):
    """For how many days a contact is blocked."""

    days: int


@endpoint("PUT /contacts/{id}/block", permission="contact.block", audited={"contact.blocked"})
async def block_contact(ask: Ask[Block]) -> blocking.Blocked:
    """Quarantine all that a contact writes, for 1 to 365 days. It ends by itself; no address is kept for it."""
    return await blocking.block(ask.services, ask.actor, ask.path["id"], ask.body.days)


@endpoint("DELETE /contacts/{id}/block", permission="contact.block", audited={"contact.unblocked"})
async def unblock_contact(ask: Ask[None]) -> blocking.Blocked:
    """End it."""
    return await blocking.unblock(ask.services, ask.actor, ask.path["id"])


@endpoint(
    "DELETE /contacts/{id}",
    permission="erasure.ask",
    audited={"consent.withdrawn", "erasure.requested", "erasure.asked"},
    status=202,
    step_up=True,
)
async def erase_contact(ask: Ask[None]) -> FiledErasure:
    """File an erasure, or ask for it."""
    made = await erasure.by_agent(ask.services, ask.actor, ask.path["id"])
    return FiledErasure(made, await asks.waiting(ask.services, ask.actor, [made]))


@endpoint("GET /contacts/{id}/consents", permission="contact.read", query=[STANDARD], audited={"consents.viewed"})
async def list_consents(ask: Ask[None]) -> Listed[SignedReceipt] | Listed[PortableReceipt]:
    """Return the receipts, withdrawn ones too. `?format=ts27560` gives them in that standard's terms."""
    ledger = await contacts.ledger(ask.services, ask.actor, ask.path["id"])
    found = [signed_receipt(each.document, each.signature) for each in ledger]
    if ask.query(STANDARD) == "ts27560":
        return Listed([portable(ask.services, each.receipt) for each in found])
    return Listed(found)
