"""
What tickets say in the fields of their account: sealed for its ticket, with the labels of then, so that all of it can
still be read whatever became of a field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from chat.core.errors import UnknownParameter
from chat.core.model import Contact, Ticket
from chat.infra.gathered import ExportPart
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.ticket_fields import store
from chat.ticket_fields.domain import FieldValue, value_of
from chat.tickets.store.searching import TicketHead

FieldChanges = Mapping[str, FieldValue | None]
"""By key what is to be put there, None to take it away."""


class FilledField(Struct, frozen=True):
    """A field's value in a ticket, with the label that the field had then."""

    key: str
    label: str
    value: FieldValue


def filled(services: Services, slot: int, uid: str, ticket: Ticket | TicketHead) -> list[FilledField]:
    """Return what a ticket of the contact `uid`, whose key is in `slot`, says in its fields. NotFound as `unseal`."""
    text = services.unseal(slot, uid, f"fields/{ticket.id}", ticket.fields)
    return [] if text is None else msgspec.json.decode(text, type=list[FilledField])


def values(services: Services, slot: int, uid: str, ticket: Ticket | TicketHead) -> dict[str, FieldValue]:
    """Return the same by key, as summaries say it."""
    return {each.key: each.value for each in filled(services, slot, uid, ticket)}


def fitting(tx: Tx, account_id: str, changes: FieldChanges) -> list[FilledField]:
    """Return those of some changes that put something. Raises InvalidField, and UnknownParameter for no such field."""
    known = {each.key: each for each in store.of_account(tx, account_id)} if changes else {}
    if unknown := sorted(changes.keys() - known.keys()):
        raise UnknownParameter("Tickets have no such field", field=unknown[0])
    put = [(known[key], value) for key, value in changes.items() if value is not None]
    return [FilledField(field.key, field.label, value_of(field, value)) for field, value in put]


def changed(services: Services, tx: Tx, contact: Contact, was: Ticket, changes: FieldChanges) -> bytes | None:
    """Return, sealed, what a ticket says after some changes: all that they do not name stays. Raises as `fitting`."""
    before = filled(services, contact.key_slot, contact.uid, was)
    now = {each.key: each for each in before if each.key not in changes}
    now |= {each.key: each for each in fitting(tx, contact.account_id, changes)}
    return seal(services, contact, was.id, [*now.values()])


def seal(services: Services, contact: Contact, ticket_id: int, said: Sequence[FilledField]) -> bytes | None:
    """Return what a ticket says in its fields as its row keeps it."""
    if not said:
        return None
    return services.seal(contact.key_slot, contact.uid, f"fields/{ticket_id}", msgspec.json.encode(said).decode())


def _exported(_: Services, __: Contact, item: dict[str, Any], ___: Mapping[str, Any]) -> dict[str, Any]:
    said = item.get("fields")
    return {"fields": msgspec.json.decode(said) if said else []}


EXPORTED = ExportPart("ticket", more=_exported)
