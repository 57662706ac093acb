"""Placing a legal hold: a contact whose erasure has begun cannot be held any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from chat.contacts.schema import contact
from chat.contacts.store import holds
from chat.core.errors import BeingErased, NotFound
from chat.erasure.schema import erasure
from chat.infra.store.tx import Tx


def place_hold(tx: Tx, contact_id: int, made: Mapping[str, Any]) -> None:
    """Hold a contact, or hold it anew, under the lock that an erasure takes before it begins."""
    row = tx.execute(select(contact.c.uid).where(contact.c.id == contact_id).with_for_update()).first()
    if row is None:
        raise NotFound("No such contact")
    begun = select(erasure.c.id).where(erasure.c.contact_uid == row.uid, erasure.c.state != "queued")
    if tx.execute(begun).first() is not None:
        raise BeingErased("This contact is being erased already; that cannot be undone")
    holds.put(tx, contact_id, made)
