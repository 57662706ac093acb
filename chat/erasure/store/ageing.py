"""Contacts that go by age: whose tickets are gone, and who agreed and never wrote."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, exists, func

from chat.consent.schema import receipt
from chat.contacts.schema import contact
from chat.erasure.schema import erasure
from chat.infra.store.ageing import AgeingKind, Policy
from chat.tickets.schema import ticket


def _alone(_: Policy) -> ColumnElement[bool]:
    """A contact without tickets, whom nobody has asked to erase."""
    asked = exists().where(erasure.c.contact_uid == contact.c.uid)
    return ~exists().where(ticket.c.contact_id == contact.c.id) & ~asked


_contact: dict[str, Any] = {"account": contact.c.account_id, "contact": contact.c.id, "shown": contact.c.uid}
CONTACTS = AgeingKind(
    "contacts",
    contact,
    (contact.c.id,),
    contact.c.emptied_at,
    where=lambda policy: contact.c.emptied_at.is_not(None) & _alone(policy),
    **_contact,
)
SESSIONS = AgeingKind(
    "sessions",
    contact.outerjoin(receipt, receipt.c.id == contact.c.receipt_id),
    (contact.c.id,),
    func.coalesce(receipt.c.at, contact.c.created_at),
    where=lambda policy: contact.c.emptied_at.is_(None) & _alone(policy),
    **_contact,
)
