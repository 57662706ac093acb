"""Tickets, their messages and notes: reading them, and what agents change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from msgspec import UNSET
from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    func,
    insert,
    select,
    true,
    update,
)

from chat.account.schema import department, site
from chat.contacts.schema import contact
from chat.contacts.store import contacts
from chat.core.errors import NotFound
from chat.core.frames import Named, SiteName
from chat.core.model import ENDED, Contact, Message, Note, Order, Ticket
from chat.infra.store.bound import columns, holds
from chat.infra.store.tx import Tx
from chat.team.schema import agent
from chat.tickets.domain import TicketQuery
from chat.tickets.schema import message, note, ticket

PAGE = 50
_ticket_fields = tuple(field.name for field in fields(Ticket))
_message_columns = tuple(message.c[field.name] for field in fields(Message))
_note_columns = tuple(note.c[field.name] for field in fields(Note))


@dataclass(frozen=True, slots=True)
class ListedTicket:
    """A ticket as lists show it, with everything sealed: names and the last line are opened by who may see them."""

    ticket: Ticket
    contact_uid: str
    contact_slot: int
    contact_name: bytes | None
    site: SiteName
    department: Named | None
    assignee: tuple[str, int, bytes] | None
    last: Message | None


def ticket_of(row: Row[*tuple[Any, ...]]) -> Ticket:
    """Return the ticket in a row that holds its columns under their own names."""
    found = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for it
    return Ticket(**{name: found[name] for name in _ticket_fields})


# By the account too: a contact whose row was moved to another account must bring none of its tickets there.
_whose = and_(contact.c.id == ticket.c.contact_id, contact.c.account_id == ticket.c.account_id)
_listed = (
    select(
        *(ticket.c[name] for name in _ticket_fields),
        contact.c.uid,
        contact.c.key_slot,
        contact.c.name,
        site.c.name.label("site_name"),
        site.c.color,
        department.c.name.label("department_name"),
        *columns(contact, "c_"),
        *columns(agent, "a_"),
        agent.c.key_slot.label("agent_slot"),
        agent.c.name.label("agent_name"),
        *(column.label(f"m_{column.name}") for column in _message_columns),
    )
    .join(contact, _whose)
    .join(site, site.c.id == ticket.c.site_id)
    .outerjoin(department, department.c.id == ticket.c.department_id)
    .outerjoin(agent, and_(agent.c.id == ticket.c.assignee, agent.c.account_id == ticket.c.account_id))
    .outerjoin(message, and_(message.c.ticket_id == ticket.c.id, message.c.seq == ticket.c.last_seq))
    .where(contacts.readable)
)

_there = ticket.c.purged_at.is_(None)
# Made once: what a busy list asks for each second costs more to put together than to run.
_one = (
    select(
        *(ticket.c[name] for name in _ticket_fields),
        *(column.label(f"c_{column.name}") for column in contacts.columns),
    )
    .join(contact, _whose)
    .where(ticket.c.account_id == bindparam("of"), ticket.c.number == bindparam("named"), contacts.readable, _there)
)
_many = _listed.where(ticket.c.account_id == bindparam("of"), ticket.c.id.in_(bindparam("ids", expanding=True)), _there)


def one(tx: Tx, account_id: str, number: int) -> tuple[Ticket, Contact]:
    """Return a ticket by its number in the account, and whose it is. Raises NotFound where there is none."""
    row = tx.execute(_one, {"of": account_id, "named": number}).first()
    if row is None or not holds(tx, contact, row, "c_"):
        raise NotFound("No such ticket")
    return ticket_of(row), Contact(*row[len(_ticket_fields) :][: len(fields(Contact))])


def listed(tx: Tx, account_id: str, number: int) -> ListedTicket:
    """Return a ticket by its number in the account as lists show it. Raises NotFound where there is none."""
    row = tx.execute(_listed.where(ticket.c.account_id == account_id, ticket.c.number == number, _there)).first()
    found = [] if row is None else _all_listed(tx, [row])
    if not found:
        raise NotFound("No such ticket")
    return found[0]


def many(tx: Tx, account_id: str, ids: Sequence[int]) -> list[ListedTicket]:
    """Return the tickets of an account with these keys."""
    return _all_listed(tx, tx.execute(_many, {"of": account_id, "ids": ids}))


def there(tx: Tx, account_id: str, numbers: Sequence[int]) -> set[int]:
    """Return those numbers of which an account has a ticket that its agents may see."""
    whose = and_(contact.c.id == ticket.c.contact_id, contact.c.account_id == ticket.c.account_id)
    mine = select(ticket.c.number).where(ticket.c.account_id == account_id, ticket.c.number.in_(numbers), _there)
    return set(tx.execute(mine.join(contact, whose).where(contacts.readable)).scalars())


def page(
    tx: Tx,
    account_id: str,
    wanted: TicketQuery,
    before: tuple[int, ...] | None,
    limit: int,
    order: Order = "updated",
) -> list[ListedTicket]:
    """
    Return up to `limit` tickets of an account, last changed first or by number from the first, from behind the keyset
    cursor `before`.
    """
    query = _filtered(tx, _listed.where(ticket.c.account_id == account_id, _there), wanted)
    query = _by_number(query, before) if order == "number" else _by_change(query, before)
    return _all_listed(tx, tx.execute(query.limit(limit)))


def _by_number(query: Select[Any], before: tuple[int, ...] | None) -> Select[Any]:
    after = before[0] if before else 0
    return query.where(ticket.c.number > after).order_by(ticket.c.number)


def _by_change(query: Select[Any], before: tuple[int, ...] | None) -> Select[Any]:
    if before is not None:
        at, key = before
        query = query.where((ticket.c.updated_at < at) | and_(ticket.c.updated_at == at, ticket.c.id < key))
    return query.order_by(ticket.c.updated_at.desc(), ticket.c.id.desc())


def _filtered(tx: Tx, query: Select[Any], wanted: TicketQuery) -> Select[Any]:
    if wanted.status is not UNSET:
        query = query.where(ticket.c.status == wanted.status)
    else:
        query = query.where(ticket.c.status != "trash")
    if wanted.assignee is not UNSET:
        query = query.where(ticket.c.assignee == wanted.assignee)
    if wanted.department is not UNSET:
        query = query.where(ticket.c.department_id == wanted.department)
    if wanted.tag is not UNSET:
        query = query.where(_tagged(tx, wanted.tag))
    if wanted.contact is not UNSET:
        query = query.where(contact.c.uid == wanted.contact)
    if wanted.held is not UNSET:
        query = query.where(ticket.c.held > 0 if wanted.held else ticket.c.held < ticket.c.last_seq)
    return query


def _tagged(tx: Tx, tag: str) -> ColumnElement[bool]:
    """Return the condition that a ticket has a tag, in the words of either database."""
    if tx.dialect.name == "postgresql":
        each: Any = func.json_array_elements_text(ticket.c.tags).column_valued("tag")
        return exists().where(each == tag).correlate(ticket)
    each = func.json_each(ticket.c.tags).table_valued("value", name="tag")
    return exists().where(each.c.value == tag).correlate(ticket)


def of_contact(tx: Tx, contact_id: int) -> Ticket | None:
    """Return the contact's last ticket, running or ended."""
    query = select(ticket).where(ticket.c.contact_id == contact_id, _there).order_by(ticket.c.id.desc()).limit(1)
    row = tx.execute(query).first()
    return None if row is None else ticket_of(row)


def all_of_contact(tx: Tx, contact_id: int) -> list[Ticket]:
    """Return every ticket of a contact, first to last."""
    query = select(ticket).where(ticket.c.contact_id == contact_id, _there).order_by(ticket.c.id)
    return [ticket_of(row) for row in tx.execute(query)]


def messages(
    tx: Tx,
    ticket_id: int,
    after: int = 0,
    limit: int | None = None,
    *,
    held: bool | None = None,
) -> list[Message]:
    """Return the messages after `seq` = `after`, in order. `held` narrows to held or passed ones."""
    mine = (message.c.ticket_id == ticket_id) & (message.c.seq > after)
    which = true() if held is None else message.c.held == held
    query = select(*_message_columns).where(mine, which).order_by(message.c.seq).limit(limit)
    return [Message(*row) for row in tx.execute(query)]


def notes(tx: Tx, ticket_id: int, after: int = 0, limit: int | None = None) -> list[Note]:
    """Return the notes after number `after`, in order."""
    query = (
        select(*_note_columns)
        .where(note.c.ticket_id == ticket_id, note.c.note > after)
        .order_by(note.c.note)
        .limit(limit)
    )
    return [Note(*row) for row in tx.execute(query)]


def add_note(tx: Tx, ticket_id: int, made: Mapping[str, Any]) -> tuple[Note, bool]:
    """Store a note under the next number. The same `cid` again gives the first one and True."""
    row = tx.execute(
        select(ticket.c.last_seq, ticket.c.last_note).where(ticket.c.id == ticket_id).with_for_update()
    ).first()
    if row is None:
        raise NotFound("No such ticket")
    again = select(*_note_columns).where(note.c.ticket_id == ticket_id, note.c.cid == made["cid"])
    before = tx.execute(again).first()
    if before is not None:
        return Note(*before), True
    stored = Note(ticket_id=ticket_id, note=row.last_note + 1, after_seq=row.last_seq, **made)
    tx.execute(insert(note).values({field.name: getattr(stored, field.name) for field in fields(Note)}))
    tx.execute(update(ticket).where(ticket.c.id == ticket_id).values(last_note=stored.note, updated_at=stored.at))
    return stored, False


def last_change(tx: Tx) -> int:
    """Return when something last happened in any ticket, 0 for never; ms."""
    return int(tx.execute(select(func.max(ticket.c.updated_at))).scalar() or 0)


def end(tx: Tx, ticket_id: int, at: int) -> bool:
    """Mark a running ticket solved, and return whether it was running."""
    mine = (ticket.c.id == ticket_id) & ticket.c.status.not_in(ENDED)
    return tx.execute(update(ticket).where(mine).values(status="solved", updated_at=at)).rowcount > 0


def change(tx: Tx, ticket_id: int, **values: Any) -> None:
    """Set columns of a ticket."""
    tx.execute(update(ticket).where(ticket.c.id == ticket_id).values(**values))


def mark_read(tx: Tx, ticket_id: int, side: str, seq: int) -> int:
    """Raise what `side` (agent or visitor) has read to `seq`, no further than there is, and return where it stands."""
    column = ticket.c[f"{side}_read"]
    row = tx.execute(select(ticket.c.last_seq, column).where(ticket.c.id == ticket_id).with_for_update()).first()
    if row is None:
        raise NotFound("No such ticket")
    stands = max(row[1], min(seq, row[0]))
    if stands > row[1]:
        tx.execute(update(ticket).where(ticket.c.id == ticket_id).values({column: stands}))
    return int(stands)


def hold(tx: Tx, ticket_id: int, *, held: bool) -> list[Message]:
    """Hold a ticket's visitor messages, or release them, and return those that changed, as they now are."""
    tx.execute(select(ticket.c.id).where(ticket.c.id == ticket_id).with_for_update())
    # Their redactions too: else a ticket of nothing but spam would come into view with the first of them.
    theirs = (message.c.author == "visitor") | message.c.target.is_not(None)
    changed = (message.c.ticket_id == ticket_id) & theirs & (message.c.held != held)
    seqs = list(tx.execute(select(message.c.seq).where(changed)).scalars())
    tx.execute(update(message).where(changed).values(held=held))
    count = select(func.count()).where(message.c.ticket_id == ticket_id, message.c.held).scalar_subquery()
    tx.execute(update(ticket).where(ticket.c.id == ticket_id).values(held=count))
    query = select(*_message_columns).where(message.c.ticket_id == ticket_id, message.c.seq.in_(seqs))
    return [Message(*row) for row in tx.execute(query.order_by(message.c.seq))]


def _all_listed(tx: Tx, rows: Iterable[Row[*tuple[Any, ...]]]) -> list[ListedTicket]:
    """
    Return the tickets whose contact is of their account, as the server wrote it itself, and agents' names likewise.
    """
    held = (row for row in rows if holds(tx, contact, row, "c_"))
    return [_as_listed(row, named=row.a_id is not None and holds(tx, agent, row, "a_")) for row in held]


def _as_listed(row: Row[*tuple[Any, ...]], *, named: bool) -> ListedTicket:
    belongs = row.department_name is not None
    return ListedTicket(
        ticket=ticket_of(row),
        contact_uid=row.uid,
        contact_slot=row.key_slot,
        contact_name=row.name,
        site=SiteName(row.site_id, row.site_name, row.color),
        department=Named(row.department_id, row.department_name) if belongs else None,
        assignee=(row.assignee, row.agent_slot, row.agent_name) if named else None,
        last=None if row.m_seq is None else Message(*row[-len(_message_columns) :]),
    )


def require_department(tx: Tx, account_id: str, department_id: str) -> None:
    """Raise NotFound unless the account has a department."""
    mine = (department.c.id == department_id) & (department.c.account_id == account_id)
    if tx.execute(select(department.c.id).where(mine)).first() is None:
        raise NotFound("No such department")
