"""What search reads of tickets: which come next, newest change first, and what is said in them, sealed as it is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from msgspec import UNSET
from sqlalchemy import ColumnElement, Row, Select, and_, false, literal, select, tuple_

from chat.contacts.schema import contact
from chat.contacts.store import contacts, persons
from chat.core.model import Contact, Ticket
from chat.infra.store.bound import holds
from chat.infra.store.tx import Tx
from chat.tickets.domain import EVER, Period, SearchScope
from chat.tickets.schema import message, note, ticket
from chat.tickets.store.tagging import has_tag
from chat.tickets.store.tickets import Departments, seen


class TicketHead(NamedTuple):
    """What search needs of a ticket: it reads very many."""

    id: int
    number: int
    tags: bytes | None
    last_seq: int
    last_note: int
    updated_at: int
    fields: bytes | None


_names = TicketHead._fields
_of_contact = slice(len(_names), len(_names) + len(fields(Contact)))


@dataclass(frozen=True, slots=True)
class SearchedTicket:
    """A ticket and whose it is."""

    ticket: Ticket | TicketHead
    contact: Contact


class SealedText(NamedTuple):
    """A message (`seq`) or a note (its number as `seq`), sealed. The `author` of a note is "note"."""

    ticket_id: int
    seq: int
    author: str
    cid: bytes
    body: bytes
    at: int
    held: bool


SealedRow = Row[int, int, str, bytes, bytes, int, bool]
"""The fields of a SealedText, which takes as long to make as to open one."""


def next_tickets(
    tx: Tx,
    account_id: str,
    departments: Departments,
    scope: SearchScope,
    behind: tuple[int, int] | None,
    limit: int,
) -> list[SearchedTicket]:
    """
    Return the tickets that changed last, from behind one (when it changed, its key), those in the trash too. Left out
    is what an agent of these departments may not see.
    """
    query = _searched.where(ticket.c.account_id == account_id, seen(departments))
    query = query.where(*_narrowed(tx, account_id, scope))
    if behind is not None:
        at, key = behind
        query = query.where((ticket.c.updated_at < at) | and_(ticket.c.updated_at == at, ticket.c.id < key))
    return _all(tx, query.order_by(ticket.c.updated_at.desc(), ticket.c.id.desc()).limit(limit))


def some_tickets(tx: Tx, account_id: str, ids: Collection[int]) -> list[SearchedTicket]:
    """Return tickets of an account by key."""
    return _all(tx, _searched.where(ticket.c.account_id == account_id, ticket.c.id.in_(ids)))


def texts(
    tx: Tx, ticket_ids: Sequence[int], seqs: range | None = None, period: Period = EVER, *, held: bool | None = None
) -> Sequence[SealedRow]:
    """Return what is said in tickets, of messages those of some numbers and held ones or others: nothing redacted."""
    said = select(*(message.c[name] for name in SealedText._fields)).where(
        message.c.ticket_id.in_(ticket_ids),
        message.c.target.is_(None),
        message.c.redacted_at.is_(None),
        *_within(message.c.at, period),
    )
    if seqs is not None:
        said = said.where(message.c.seq.between(seqs.start, seqs.stop - 1))
    if held is not None:
        said = said.where(message.c.held == held)
    return tx.execute(said).fetchall()


def notes(tx: Tx, ticket_ids: Sequence[int], period: Period = EVER) -> Sequence[SealedRow]:
    """Return the notes of tickets."""
    columns = (note.c.ticket_id, note.c.note, literal("note"), note.c.cid, note.c.body, note.c.at, false())
    found = select(*columns).where(note.c.ticket_id.in_(ticket_ids), *_within(note.c.at, period))
    return tx.execute(found).fetchall()


def still_said(tx: Tx, places: Collection[tuple[int, int]]) -> dict[tuple[int, int], bool]:
    """Return whether each of some messages (ticket's key, seq) is held, of those that are there and not redacted."""
    query = select(message.c.ticket_id, message.c.seq, message.c.held).where(
        tuple_(message.c.ticket_id, message.c.seq).in_(places), message.c.redacted_at.is_(None)
    )
    return {(row.ticket_id, row.seq): bool(row.held) for row in tx.execute(query)}


_searched = (
    select(*(ticket.c[name] for name in _names), *(each.label(f"c_{each.name}") for each in contacts.columns))
    # By the account too: a contact whose row was moved to another account must bring none of its tickets there.
    .join(contact, and_(contact.c.id == ticket.c.contact_id, contact.c.account_id == ticket.c.account_id))
    .where(ticket.c.purged_at.is_(None), contacts.readable)
)


def _all(tx: Tx, query: Select[Any]) -> list[SearchedTicket]:
    return [
        SearchedTicket(TicketHead(*row[: len(_names)]), Contact(*row[_of_contact]))
        for row in tx.execute(query).fetchall()
        if holds(tx, contact, row, "c_")
    ]


def _narrowed(tx: Tx, account_id: str, scope: SearchScope) -> list[ColumnElement[bool]]:
    wanted, period = scope.tickets, scope.period
    plain = {"status": wanted.status, "assignee": wanted.assignee, "department_id": wanted.department}
    plain["site_id"] = scope.site
    made = [ticket.c[name] == value for name, value in plain.items() if value is not UNSET]
    if wanted.tag is not UNSET:
        made.append(has_tag(tx, account_id, wanted.tag))
    if wanted.contact is not UNSET:
        made.append(contact.c.uid.in_(persons.uids(tx, account_id, wanted.contact)))
    if wanted.held is not UNSET:
        made.append(ticket.c.held > 0 if wanted.held else ticket.c.held < ticket.c.last_seq)
    if period.since is not None:
        made.append(ticket.c.updated_at >= period.since)
    if period.until is not None:
        made.append(ticket.c.created_at <= period.until)
    return made


def _within(at: Any, period: Period) -> list[ColumnElement[bool]]:
    since, until = period
    return [*([at >= since] if since is not None else []), *([at <= until] if until is not None else [])]
