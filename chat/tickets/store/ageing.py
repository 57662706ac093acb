"""What of tickets goes by age: they themselves, their files, and the labels on their messages."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement

from chat.attachments.schema import attachment
from chat.infra.store.ageing import AgeingKind, Policy, due
from chat.spam_filter.schema import label
from chat.tickets.schema import ticket


def _young(policy: Policy) -> ColumnElement[bool]:
    """A ticket that stays: what hangs off one that goes is counted with it, and with nothing else."""
    return ticket.c.purged_at.is_(None) & ~due(TRANSCRIPTS, policy)


_ticket: dict[str, Any] = {
    "account": ticket.c.account_id,
    "scope": ticket.c.department_id,
    "contact": ticket.c.contact_id,
    "shown": ticket.c.number,
}
TRANSCRIPTS = AgeingKind(
    "transcripts", ticket, (ticket.c.id,), ticket.c.updated_at, where=lambda _: ticket.c.purged_at.is_(None), **_ticket
)
ATTACHMENTS = AgeingKind(
    "attachments",
    attachment.join(ticket, ticket.c.id == attachment.c.ticket_id),
    (attachment.c.ticket_id, attachment.c.seq, attachment.c.id),
    attachment.c.created_at,
    where=lambda policy: attachment.c.seq.is_not(None) & _young(policy),
    **_ticket,
)
TRAINING = AgeingKind(
    "training",
    label.join(ticket, ticket.c.id == label.c.ticket_id),
    (label.c.ticket_id, label.c.seq),
    label.c.at,
    where=_young,
    **_ticket,
)
