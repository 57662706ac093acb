"""
The outbox: what happened is put in for each endpoint that asked for it, in the transaction in which it happens.

Ids and numbers alone. A paused endpoint misses what happens meanwhile, but for erasures and corrections, which it has
to be told of.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from chat.contacts.store import contacts
from chat.core.events import Event
from chat.core.ids import uuid7
from chat.erasure.store import recipients
from chat.erasure.store.recipients import Recipient
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.letters.store import disclosures
from chat.letters.store.disclosures import Disclosure
from chat.webhooks.domain import TEST, Occurrence, occurrence
from chat.webhooks.store import deliveries, endpoints

ERASED, CORRECTED = "contact.erased", "contact.corrected"
RECIPIENT = "webhook"
"""The kind of recipient that an endpoint is to an erasure."""


def record(services: Services, tx: Tx, happened: Sequence[Event]) -> None:
    """Put in what happened."""
    public = [each for each in map(occurrence, happened) if each is not None]
    active = endpoints.active_in(tx, {each.account for each in public}) if public else []
    for each in (_keyed(tx, each) for each in public):
        asked = {row.id for row in active if row.account_id == each.account and each.kind in row.events.split()}
        put(services, tx, each, asked | _owed(tx, each))


def _keyed(tx: Tx, what: Occurrence) -> Occurrence:
    """Return an occurrence with the row's key of its contact: with that what is put in goes, when they are erased."""
    return replace(what, contact=contacts.by_uid(tx, what.uid).id) if what.uid else what


def put(services: Services, tx: Tx, what: Occurrence, to: Collection[str]) -> None:
    """Put in one occurrence for some endpoints, by id. It is one event, and a message of its own to each."""
    now, event_id = services.clock(), uuid7()
    common = {
        "event_id": event_id,
        "contact_id": what.contact,
        "kind": what.kind,
        "ticket": what.ticket,
        "lane": what.lane,
        "more": dict(what.more),
        "at": now,
        "due_at": now,
    }
    if to:
        deliveries.put(tx, [common | {"uid": uuid7(), "webhook_id": each} for each in sorted(to)])


def test_of(account_id: str) -> Occurrence:
    """Return what a test tells."""
    return Occurrence(TEST, account_id)


def _owed(tx: Tx, what: Occurrence) -> set[str]:
    """
    Return the endpoints that have to be told of an erasure or a correction (Art. 19 GDPR), as they were sent something
    of the contact, paused or not.
    """
    found: Sequence[Recipient | Disclosure] = ()
    if what.kind == ERASED:
        found = recipients.recipients(tx, str(what.more["erasure"]))
    elif what.kind == CORRECTED and what.contact is not None:
        found = disclosures.of_contact(tx, what.contact)
    return {each.recipient for each in found if each.kind == RECIPIENT and endpoints.by_id(tx, each.recipient)}
