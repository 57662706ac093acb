"""
The tags of tickets, which are words of agents about people: sealed under the key of whose ticket it is, and found by a
keyed hash of their names, which is the id of a tag in addresses too: what people are called is in no log of a proxy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from chat.core.crypt import blind
from chat.core.ids import uuid_text
from chat.core.model import Contact, Ticket
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.tickets.store import tagging as rows


class HasTags(Protocol):
    """What of a ticket its tags open with."""

    @property
    def id(self) -> int:
        """The ticket's key."""

    @property
    def tags(self) -> bytes | None:
        """Its tags, sealed."""


def tag_id(services: Services, account_id: str, name: str) -> str:
    """Return the id of a tag in an account, by which its tickets are found and none can read what it is called."""
    return uuid_text(bytes.fromhex(blind(services.index_key, f"tag/{account_id}", name)[:32]))


def tags_of(services: Services, slot: int, uid: str, ticket: HasTags) -> list[str]:
    """Return the tags of a ticket of the contact `uid`. Raises NotFound where the key in `slot` is gone."""
    text = services.unseal(slot, uid, _context(ticket.id), ticket.tags)
    return [] if text is None else msgspec.json.decode(text, type=list[str])


def put(services: Services, tx: Tx, ticket: Ticket, contact: Contact, names: Sequence[str]) -> None:
    """Give a ticket, which is locked, these tags and no other. Raises NotFound where the contact's key is gone."""
    text = msgspec.json.encode(names).decode()
    sealed = services.seal(contact.key_slot, contact.uid, _context(ticket.id), text) if names else None
    rows.put(tx, ticket, sealed, [tag_id(services, ticket.account_id, name) for name in names])


def _context(ticket_id: int) -> str:
    return f"tags/{ticket_id}"
