"""The held messages of an account, across its tickets, that no agent has looked at yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from sqlalchemy import Select, and_, exists, func, select, tuple_, update

from chat.account.schema import site
from chat.contacts.schema import contact
from chat.contacts.schema import hold as legal_hold
from chat.core.model import Message
from chat.infra.store.bound import columns, holds
from chat.infra.store.tx import Tx
from chat.spam_filter.schema import review
from chat.tickets.schema import message, ticket
from chat.tickets.store.tickets import Departments, count_held, seen

Sort = Literal["score", "time"]
MessageRef = tuple[int, int]  # a ticket's number in its account, a message's in the ticket


@dataclass(frozen=True, slots=True)
class QuarantinedMessage:
    """A held message with what lists show beside it. The name is sealed, as the text is."""

    message: Message
    number: int
    contact_uid: str
    contact_slot: int
    contact_name: bytes | None
    site: str


_columns = tuple(message.c[field.name] for field in fields(Message))
_score = func.coalesce(message.c.score, 0.0)
_visible = contact.c.receipt_id.is_not(None) & ~exists().where(legal_hold.c.contact_id == contact.c.id)
_said = (message.c.author == "visitor") & message.c.target.is_(None) & message.c.redacted_at.is_(None)
_looked_at = exists().where(review.c.ticket_id == message.c.ticket_id, review.c.seq == message.c.seq)


def page(
    tx: Tx,
    account_id: str,
    sort: Sort,
    before: tuple[float, int, int] | None,
    limit: int,
    departments: Departments,
) -> list[QuarantinedMessage]:
    """Return up to `limit` held messages, highest score or newest first, behind `before`: score or time, position."""
    by = _score if sort == "score" else message.c.at
    order = (by, message.c.ticket_id, message.c.seq)
    query = _of_account(account_id, departments).where(message.c.held, ~_looked_at, ticket.c.held > 0)
    if before is not None:
        query = query.where(tuple_(*order) < tuple_(*before))
    rows = tx.execute(query.order_by(*(each.desc() for each in order)).limit(limit))
    return _all_held(tx, rows)


def count(tx: Tx, account_id: str, departments: Departments) -> int:
    """Return how many held messages wait for a look."""
    found = _of_account(account_id, departments).where(message.c.held, ~_looked_at, ticket.c.held > 0)
    return int(tx.execute(select(func.count()).select_from(found.subquery())).scalar_one())


def many(tx: Tx, account_id: str, refs: Sequence[MessageRef], departments: Departments) -> list[QuarantinedMessage]:
    """Return those of some messages that are there, held or not. Their tickets and contacts are locked, in order."""
    numbers = sorted({number for number, _ in refs})
    mine = (ticket.c.account_id == account_id) & ticket.c.number.in_(numbers)
    # Tickets, then contacts, each by their ids, as whoever purges does: in two orders they would wait for each other.
    tx.execute(select(ticket.c.id).where(mine).order_by(ticket.c.id).with_for_update())
    whose = contact.c.id.in_(select(ticket.c.contact_id).where(mine))
    tx.execute(select(contact.c.id).where(whose).order_by(contact.c.id).with_for_update())
    query = _of_account(account_id, departments).where(tuple_(ticket.c.number, message.c.seq).in_(refs))
    return _all_held(tx, tx.execute(query.order_by(message.c.ticket_id, message.c.seq)))


def put(tx: Tx, ticket_id: int, seqs: Sequence[int], *, held: bool) -> list[Message]:
    """Hold some messages of a ticket, or release them, with their redactions, and return those that changed."""
    theirs = message.c.seq.in_(seqs) | message.c.target.in_(seqs)
    changed = (message.c.ticket_id == ticket_id) & theirs & (message.c.held != held)
    which = list(tx.execute(select(message.c.seq).where(changed)).scalars())
    tx.execute(update(message).where(changed).values(held=held))
    count_held(tx, ticket_id)
    query = select(*_columns).where(message.c.ticket_id == ticket_id, message.c.seq.in_(which))
    return [Message(*row) for row in tx.execute(query.order_by(message.c.seq))]


def _of_account(account_id: str, departments: Departments) -> Select[Any]:
    shown = (ticket.c.number, contact.c.uid, contact.c.key_slot, contact.c.name, site.c.name.label("site"))
    whose = columns(contact, "c_")
    there = and_(ticket.c.account_id == account_id, ticket.c.purged_at.is_(None), ticket.c.status != "trash")
    return (
        select(*_columns, *shown, *whose)
        .join(ticket, ticket.c.id == message.c.ticket_id)
        .join(contact, and_(contact.c.id == ticket.c.contact_id, contact.c.account_id == ticket.c.account_id))
        .join(site, site.c.id == ticket.c.site_id)
        .where(there, _visible, _said, seen(departments))
    )


def _all_held(tx: Tx, rows: Iterable[Any]) -> list[QuarantinedMessage]:
    """Return those whose contact is of the account as the server wrote it itself."""
    kept = [row for row in rows if holds(tx, contact, row, "c_")]
    return [
        QuarantinedMessage(Message(*row[: len(_columns)]), row.number, row.uid, row.key_slot, row.name, row.site)
        for row in kept
    ]
