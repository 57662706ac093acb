"""Which tickets of an account views count, and of what kind each is: read once as a whole, then those that changed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, TextClause, and_, select, union_all

from chat.contacts.schema import contact
from chat.contacts.store import contacts
from chat.infra.store.tx import Tx
from chat.tickets.schema import HAS_HELD, IS_OPEN, IS_PENDING, ticket


class TicketKind(NamedTuple):
    """
    What views tell tickets apart by. One of which everything is held is `hidden`; `held` is one with any such message,
    `unread` one with something that no agent has read.
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


_read = select(
    ticket.c.id,
    ticket.c.status,
    ticket.c.assignee,
    ticket.c.department_id,
    ticket.c.site_id,
    ticket.c.snoozed_until.is_not(None).label("snoozed"),
    ticket.c.waiting_since.is_not(None).label("waiting"),
    (ticket.c.held > 0).label("held"),
    and_(ticket.c.held > 0, ticket.c.held >= ticket.c.last_seq).label("hidden"),
    (ticket.c.last_seq > ticket.c.agent_read).label("unread"),
).select_from(
    ticket.join(contact, and_(contact.c.id == ticket.c.contact_id, contact.c.account_id == ticket.c.account_id))
)
_SOLVED_HELD = HAS_HELD, ticket.c.status.not_in(("open", "pending", "trash"))


def kinds(tx: Tx, account_id: str, ids: Collection[int] | None = None) -> dict[int, TicketKind]:
    """
    Return of what kind each ticket is, by key, that is open, pending, or solved with something held; of those with
    `ids` alone where given. What nobody may see is left out.
    """
    mine = [] if ids is None else [ticket.c.id.in_(ids)]
    parts = [_part(account_id, *which, *mine) for which in ((IS_OPEN,), (IS_PENDING,), _SOLVED_HELD)]
    alike: dict[TicketKind, TicketKind] = {}  # kept once: there are fewer kinds than tickets
    found = {}
    for key, *said in tx.execute(union_all(*parts)).fetchall():
        kind = TicketKind(*said)
        found[key] = alike.setdefault(kind, kind)
    return found


def _part(account_id: str, *which: TextClause | ColumnElement[bool]) -> Select[Any]:
    return _read.where(ticket.c.account_id == account_id, ticket.c.purged_at.is_(None), contacts.readable, *which)
