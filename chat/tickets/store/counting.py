"""How many tickets of an account there are of each kind that views tell apart: one aggregate for all its agents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, TextClause, and_, func, select, union_all

from chat.contacts.schema import contact
from chat.contacts.store import contacts
from chat.infra.store.tx import Tx
from chat.tickets.schema import HAS_HELD, IS_OPEN, IS_PENDING, ticket


@dataclass(frozen=True, slots=True)
class TicketGroup:
    """
    So many (`number`) tickets that no view tells apart. Those of whom everything is held are `hidden`; `held` are those
    with any such message, `unread` those with something that no agent has read.
    """

    status: str
    assignee: str | None
    department: str | None
    site: str
    snoozed: bool
    waiting: bool
    held: bool
    hidden: bool
    unread: bool
    number: int


_grouped_by = (
    ticket.c.status,
    ticket.c.assignee,
    ticket.c.department_id,
    ticket.c.site_id,
    ticket.c.snoozed_until.is_not(None).label("snoozed"),
    ticket.c.waiting_since.is_not(None).label("waiting"),
    (ticket.c.held > 0).label("held"),
    and_(ticket.c.held > 0, ticket.c.held >= ticket.c.last_seq).label("hidden"),
    (ticket.c.last_seq > ticket.c.agent_read).label("unread"),
)
_whose = and_(contact.c.id == ticket.c.contact_id, contact.c.account_id == ticket.c.account_id)


def groups(tx: Tx, account_id: str) -> list[TicketGroup]:
    """Return the groups of what is open, pending, or solved with something held. What nobody may see is not counted."""
    solved_held = ticket.c.status.not_in(("open", "pending", "trash"))
    parts = [_part(account_id, IS_OPEN), _part(account_id, IS_PENDING), _part(account_id, HAS_HELD, solved_held)]
    return [TicketGroup(*row) for row in tx.execute(union_all(*parts))]


def _part(account_id: str, *which: TextClause | ColumnElement[bool]) -> Select[Any]:
    mine = ticket.c.account_id == account_id, ticket.c.purged_at.is_(None), contacts.readable, *which
    query = select(*_grouped_by, func.count()).select_from(ticket.join(contact, _whose)).where(*mine)
    return query.group_by(*_grouped_by)
