"""An agent's word on messages, taught or not."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, exists, func, insert, select, tuple_

from chat.contacts.schema import contact
from chat.core.model import Message
from chat.infra.store.tx import Tx
from chat.spam_filter.schema import label, review


def look_at(tx: Tx, found: Sequence[Message], agent_id: str, at: int, *, spam: bool) -> None:
    """Enter an agent's word on messages in the place of the word before."""
    forget(tx, found)
    made = {"spam": spam, "agent_id": agent_id, "at": at}
    rows = [{"ticket_id": m.ticket_id, "seq": m.seq, "contact_id": m.contact_id, **made} for m in found]
    if rows:
        tx.execute(insert(review), rows)


def forget(tx: Tx, found: Sequence[Message]) -> None:
    """Take back what was said of messages: they wait again."""
    refs = [(each.ticket_id, each.seq) for each in found]
    if refs:
        tx.execute(delete(review).where(tuple_(review.c.ticket_id, review.c.seq).in_(refs)))


def unused(tx: Tx, account_id: str) -> int:
    """Return how many messages an agent has judged that taught nothing: there is no label of them."""
    taught = exists().where(label.c.ticket_id == review.c.ticket_id, label.c.seq == review.c.seq)
    query = select(func.count()).select_from(review).join(contact, contact.c.id == review.c.contact_id)
    return int(tx.execute(query.where(contact.c.account_id == account_id, ~taught)).scalar_one())
