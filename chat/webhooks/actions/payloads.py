"""
What an endpoint is sent: ids, and where it was given `visitor-data` also what was written and by whom, as it is at that
moment. What was erased, redacted, withdrawn or quarantined meanwhile is not there.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID, uuid5

from msgspec import UNSET, Struct, UnsetType, json

from chat.contacts.store import contacts, holds
from chat.core import frames
from chat.core.clock import stamp
from chat.core.errors import LetheError, NotFound
from chat.core.model import Contact
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.letters.store import disclosures
from chat.tickets.actions import transcripts
from chat.tickets.store import notes, tickets
from chat.webhooks.actions.recording import RECIPIENT
from chat.webhooks.store.deliveries import DeliveryRow
from chat.webhooks.store.endpoints import WebhookRow


class VisitorSaid(Struct, frozen=True):
    """Who the contact is, as far as they said it."""

    name: str | None
    email: str | None


class WrittenText(Struct, frozen=True):
    """What was written and by whom. The text is null where it is redacted, or waits in quarantine."""

    author: frames.Author
    text: str | None


class EventData(Struct, frozen=True, omit_defaults=True):
    """
    Which ids and numbers an event is about. `visitor` and `written` are there for an endpoint that was given
    visitor-data.
    """

    account: str
    ticket: int | UnsetType = UNSET
    seq: int | UnsetType = UNSET
    note: int | UnsetType = UNSET
    contact: str | UnsetType = UNSET
    erasure: str | UnsetType = UNSET
    merged: int | UnsetType = UNSET
    by: str | UnsetType = UNSET
    site: str | UnsetType = UNSET
    visitor: VisitorSaid | UnsetType = UNSET
    written: WrittenText | UnsetType = UNSET


class WebhookEvent(Struct, frozen=True):
    """The body of a request: `id` is the event's, the same for every endpoint; `timestamp` is when it happened."""

    id: str
    type: str
    timestamp: str
    data: EventData


def body_of(services: Services, tx: Tx, endpoint: WebhookRow, delivery: DeliveryRow) -> bytes:
    """Return a delivery's body, and note that its endpoint is sent something of the contact, before it is."""
    more: dict[str, Any] = dict(delivery.more)
    if delivery.ticket is not None:
        more["ticket"] = delivery.ticket
    if delivery.contact_uid is not None:
        more["contact"] = delivery.contact_uid
    personal = _personal(services, tx, endpoint, delivery) if endpoint.visitor_data else {}
    if delivery.contact_id is not None:
        _disclose(services, tx, endpoint, delivery, personal=bool(personal))
    data = EventData(account=endpoint.account_id, **more, **personal)
    return json.encode(WebhookEvent(delivery.event_id, delivery.kind, stamp(delivery.at), data))


def _disclose(services: Services, tx: Tx, endpoint: WebhookRow, delivery: DeliveryRow, *, personal: bool) -> None:
    """Enter once that this endpoint is sent ids of this contact, and once that it is sent what they wrote."""
    categories = ["identifier", "name", "e-mail", "message"] if personal else ["identifier"]
    entry = uuid5(UUID(endpoint.id), f"{delivery.contact_uid}/{personal}")
    made = {"id": str(entry), "contact_id": delivery.contact_id, "kind": RECIPIENT, "recipient": endpoint.id}
    disclosures.enter(tx, made | {"address": None, "categories": categories, "at": services.clock()})


def _personal(services: Services, tx: Tx, endpoint: WebhookRow, delivery: DeliveryRow) -> dict[str, Any]:
    """Return what may be said of the contact now, nothing where their consent has ended or a legal hold hides them."""
    with suppress(NotFound):
        contact = contacts.by_id(tx, delivery.contact_id or 0)
        if contact.receipt_id is None or holds.until(tx, [contact.id]):
            return {}
        return {"visitor": _visitor(services, contact)} | _written(services, tx, endpoint, delivery, contact)
    return {}


def _visitor(services: Services, contact: Contact) -> VisitorSaid:
    email = services.unseal(contact.key_slot, contact.uid, "email", contact.email)
    return VisitorSaid(transcripts.name_of(services, contact), email)


def _written(
    services: Services, tx: Tx, endpoint: WebhookRow, delivery: DeliveryRow, contact: Contact
) -> dict[str, Any]:
    if delivery.kind not in {"message.created", "message.edited", "note.created"}:
        return {}
    with suppress(LetheError):
        ticket, _ = tickets.one(tx, endpoint.account_id, delivery.ticket, None)
        known = transcripts.authors(services, tx, contact, agents=True)
        if delivery.kind == "note.created":
            for note in notes.page(tx, ticket.id, delivery.more["note"] - 1, 1):
                out = transcripts.note_out(services, contact, ticket.number, note, known)
                return {"written": WrittenText(out.author, out.text)}
        for each in tickets.messages(tx, ticket.id, delivery.more["seq"] - 1, 1):
            said = transcripts.message_out(services, contact, ticket.number, each, known, agents=True)
            if isinstance(said, frames.MessageOut):
                return {"written": WrittenText(said.author, said.text or None)}
    return {}
