"""What was said last in a ticket whose last entry says that a message was changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import select, tuple_

from chat.core.model import Message
from chat.infra.store.tx import Tx
from chat.tickets.schema import message, ticket

_message_columns = tuple(message.c[field.name] for field in fields(Message))


def before_edits(tx: Tx, found: Sequence[Message]) -> dict[int, Message]:
    """Return by ticket what was said last in those of some tickets whose last entry changed a message."""
    ids = [each.ticket_id for each in found if each.target is not None and each.edited_at is not None]
    if not ids:
        return {}
    said = (message.c.ticket_id == ticket.c.id) & message.c.target.is_(None)
    last = select(message.c.seq).where(said).order_by(message.c.seq.desc()).limit(1).scalar_subquery()
    which = tuple_(message.c.ticket_id, message.c.seq).in_(select(ticket.c.id, last).where(ticket.c.id.in_(ids)))
    return {row.ticket_id: Message(*row) for row in tx.execute(select(*_message_columns).where(which))}
