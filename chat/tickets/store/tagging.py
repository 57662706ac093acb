"""Which tickets have which tags: by keyed hashes, as the tags themselves are sealed with each ticket."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, delete, exists, false, insert, select, update

from chat.core.model import Ticket
from chat.infra.store.tx import Tx
from chat.tickets.schema import HAS_TAGS, ticket, ticket_tag

FEW = 500
"""A tag of no more tickets is rare: lists of it are made of these, and not looked for among all others."""


def put(tx: Tx, of: Ticket, sealed: bytes | None, tags: Collection[str]) -> None:
    """Give a ticket its sealed tags, and rows by which each of them (an id) is found."""
    tx.execute(delete(ticket_tag).where(ticket_tag.c.ticket_id == of.id))
    if tags:
        made = [{"ticket_id": of.id, "tag": each, "account_id": of.account_id} for each in tags]
        tx.execute(insert(ticket_tag), made)
    tx.execute(update(ticket).where(ticket.c.id == of.id).values(tags=sealed))


def has_tag(tx: Tx, account_id: str, tag: str) -> ColumnElement[bool]:
    """Return the condition that a ticket of an account has a tag, by its id."""
    those = and_(ticket_tag.c.account_id == account_id, ticket_tag.c.tag == tag)
    few = tx.execute(select(ticket_tag.c.ticket_id).where(those).limit(FEW + 1)).scalars().all()
    if len(few) <= FEW:  # read by their keys: a list would be walked to its end for them
        return ticket.c.id.in_(few) if few else false()
    mine = and_(those, ticket_tag.c.ticket_id == ticket.c.id)
    return and_(HAS_TAGS, exists().where(mine).correlate(ticket))
