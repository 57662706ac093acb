"""What the features below this one ask about conversations: `Conversations` of `chat/infra/gathered.py`."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, func, select, tuple_

from chat.infra.store.tx import Tx
from chat.tickets.schema import message, ticket

CHUNK = 500


def has_written(tx: Tx, contact_id: int) -> bool:
    """Whether a contact has a ticket."""
    return tx.execute(select(ticket.c.id).where(ticket.c.contact_id == contact_id).limit(1)).first() is not None


def count_running(tx: Tx, account_id: str, sites: Collection[str]) -> int:
    """Return how many tickets of an account, begun at these sites of it, have not ended."""
    there = ticket.c.account_id == account_id, ticket.c.site_id.in_(sites)
    running = *there, ticket.c.status.in_(("open", "pending"))
    return int(tx.execute(select(func.count()).select_from(ticket).where(*running)).scalar_one())


def numbers(tx: Tx, account_id: str, ids: Collection[int]) -> dict[int, int]:
    """Return the numbers of those tickets that are the account's and are not being deleted."""
    there = ticket.c.account_id == account_id, ticket.c.purged_at.is_(None)
    return {
        row.id: row.number
        for row in tx.execute(select(ticket.c.id, ticket.c.number).where(*there, ticket.c.id.in_(ids)))
    }


def texts(tx: Tx, account_id: str, refs: Collection[tuple[int, int]]) -> dict[tuple[int, int], tuple[bytes, bytes]]:
    """Return of each of these messages of an account the client's id and the text, which is sealed under that."""
    columns = (message.c.ticket_id, message.c.seq, message.c.cid, message.c.body)
    query = select(*columns).join(ticket, ticket.c.id == message.c.ticket_id).where(ticket.c.account_id == account_id)
    asked = [*refs]
    chunks = (asked[at : at + CHUNK] for at in range(0, len(asked), CHUNK))
    rows = (row for some in chunks for row in tx.execute(query.where(_among(some))))
    return {(row.ticket_id, row.seq): (row.cid, row.body) for row in rows}


def _among(refs: Sequence[tuple[int, int]]) -> ColumnElement[bool]:
    """Return the condition for messages by ticket and `seq`."""
    # The first says nothing new: an index can follow it, which SQLite does not do for pairs.
    of = message.c.ticket_id.in_({ticket_id for ticket_id, _ in refs})
    return of & tuple_(message.c.ticket_id, message.c.seq).in_(refs)
