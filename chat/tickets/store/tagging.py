"""Which tickets have which tags: by keyed hashes, as the tags themselves are sealed with each ticket."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, delete, exists, insert, update

from chat.core.model import Ticket
from chat.infra.store.tx import Tx
from chat.tickets.schema import HAS_TAGS, ticket, ticket_tag


def put(tx: Tx, of: Ticket, sealed: bytes | None, tags: Collection[str]) -> None:
    """Give a ticket its sealed tags, and rows by which each of them (an id) is found."""
    tx.execute(delete(ticket_tag).where(ticket_tag.c.ticket_id == of.id))
    if tags:
        made = [{"ticket_id": of.id, "tag": each, "account_id": of.account_id} for each in tags]
        tx.execute(insert(ticket_tag), made)
    tx.execute(update(ticket).where(ticket.c.id == of.id).values(tags=sealed))


def has_tag(tag: str) -> ColumnElement[bool]:
    """Return the condition that a ticket has a tag, by its id."""
    mine = (ticket_tag.c.ticket_id == ticket.c.id) & (ticket_tag.c.tag == tag)
    return and_(HAS_TAGS, exists().where(mine).correlate(ticket))
