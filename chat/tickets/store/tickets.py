"""Tickets and their messages: reading them, and what agents change."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from msgspec import UNSET
from sqlalchemy import (
    Column,
    ColumnElement,
    Row,
    Select,
    TextClause,
    and_,
    bindparam,
    func,
    select,
    true,
    update,
)

from chat.account.schema import department, site
from chat.contacts.schema import contact, merge
from chat.contacts.store import contacts, persons
from chat.core.errors import NotFound
from chat.core.frames import Named, SiteName
from chat.core.model import ENDED, Contact, Message, Order, Ticket
from chat.infra.store.bound import columns, holds
from chat.infra.store.tx import Tx
from chat.team.schema import agent
from chat.tickets.domain import TicketQuery
from chat.tickets.schema import (
    HAS_HELD,
    HAS_PRIORITY,
    IS_OPEN,
    IS_SNOOZED,
    RUNS,
    WAITS,
    merged_ticket,
    message,
    ticket,
)
from chat.tickets.store.last import before_edits
from chat.tickets.store.tagging import has_tag

PAGE = 50
_ticket_fields = tuple(field.name for field in fields(Ticket))
_message_columns = tuple(message.c[field.name] for field in fields(Message))


@dataclass(frozen=True, slots=True)
class ListedTicket:
    """
    A ticket as lists show it, with everything sealed: names and the last line are opened by who may see them.
    `shown_as` is the contact (id, key, name) whose part its own is.
    """

    ticket: Ticket
    contact_uid: str
    contact_slot: int
    contact_name: bytes | None
    shown_as: tuple[str, int, bytes | None] | None
    site: SiteName
    department: Named | None
    assignee: tuple[str, int, bytes] | None
    last: Message | None


def ticket_of(row: Row[*tuple[Any, ...]]) -> Ticket:
    """Return the ticket in a row that holds its columns under their own names."""
    found = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for it
    return Ticket(**{name: found[name] for name in _ticket_fields})


# As whom a contact is shown who is a part of another: by the name that agents know the person by.
_person = contact.alias("person")
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
        *columns(merge, "g_"),
        *(_person.c[name].label(f"p_{name}") for name in (*contact.info["bound"], "mac")),
        _person.c.key_slot.label("person_slot"),
        _person.c.name.label("person_name"),
        agent.c.key_slot.label("agent_slot"),
        agent.c.name.label("agent_name"),
        *(column.label(f"m_{column.name}") for column in _message_columns),
    )
    .join(contact, _whose)
    .join(site, site.c.id == ticket.c.site_id)
    .outerjoin(department, department.c.id == ticket.c.department_id)
    .outerjoin(agent, and_(agent.c.id == ticket.c.assignee, agent.c.account_id == ticket.c.account_id))
    .outerjoin(merge, merge.c.contact_id == contact.c.id)
    .outerjoin(_person, and_(_person.c.uid == merge.c.person, _person.c.account_id == contact.c.account_id))
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


Departments = frozenset[str] | None
"""Of which departments tickets are seen, None for all."""


def seen(departments: Departments) -> ColumnElement[bool]:
    """Return the condition that who sees these departments sees a ticket: one of none is everybody's."""
    if departments is None:
        return true()
    return ticket.c.department_id.is_(None) | ticket.c.department_id.in_(departments)


def contacts_seen(tx: Tx, contact_ids: Collection[int], departments: Departments, *, wholly: bool = False) -> set[int]:
    """Return those of some contacts of whom a ticket is seen, or `wholly`: of whom none is not."""
    if departments is None:
        return {*contact_ids}
    theirs = ticket.c.contact_id.in_(contact_ids) & _there
    found = {*tx.execute(select(ticket.c.contact_id).where(theirs, seen(departments))).scalars()}
    hidden = {*tx.execute(select(ticket.c.contact_id).where(theirs, ~seen(departments))).scalars()} if wholly else set()
    return found - hidden


def contacts_tagged(tx: Tx, account_id: str, tag: str, departments: Departments) -> Select[int]:
    """Return the query for the contacts who have a ticket that is seen and has a tag, by its id."""
    query = select(ticket.c.contact_id).where(ticket.c.account_id == account_id, _there)
    return query.where(has_tag(tx, account_id, tag), seen(departments))


def one(tx: Tx, account_id: str, number: int, departments: Departments) -> tuple[Ticket, Contact]:
    """
    Return a ticket by its number in the account, and whose it is. Raises NotFound where there is none: of one that is a
    part of another `merged_into` says of which.
    """
    query = _one if departments is None else _one.where(seen(departments))
    row = tx.execute(query, {"of": account_id, "named": number}).first()
    if row is None or not holds(tx, contact, row, "c_"):
        raise _missing(tx, account_id, number, departments)
    return ticket_of(row), Contact(*row[len(_ticket_fields) :][: len(fields(Contact))])


def merged_into(tx: Tx, account_id: str, numbers: Collection[int], departments: Departments) -> dict[int, int]:
    """Return of those of some numbers whose ticket was merged of which one that is seen it is a part, by number."""
    query = select(merged_ticket.c.number.label("was"), ticket.c.number)
    joined = query.join(ticket, ticket.c.id == merged_ticket.c.ticket_id)
    mine = (merged_ticket.c.account_id == account_id) & merged_ticket.c.number.in_(numbers)
    return {row.was: row.number for row in tx.execute(joined.where(mine, _there, seen(departments)))}


def _missing(tx: Tx, account_id: str, number: int, departments: Departments) -> NotFound:
    into = merged_into(tx, account_id, [number], departments).get(number)
    return NotFound("No such ticket") if into is None else NotFound(f"It is a part of #{into} now", merged_into=into)


def listed(tx: Tx, account_id: str, number: int, departments: Departments) -> ListedTicket:
    """Return a ticket by its number in the account as lists show it. Raises NotFound as `one`."""
    mine = (ticket.c.account_id == account_id) & (ticket.c.number == number)
    row = tx.execute(_listed.where(mine, _there, seen(departments))).first()
    found = [] if row is None else _all_listed(tx, [row])
    if not found:
        raise _missing(tx, account_id, number, departments)
    return found[0]


def many(tx: Tx, account_id: str, ids: Sequence[int]) -> list[ListedTicket]:
    """Return the tickets of an account with these keys."""
    return _all_listed(tx, tx.execute(_many, {"of": account_id, "ids": ids}))


def there(tx: Tx, account_id: str, numbers: Sequence[int], departments: Departments) -> set[int]:
    """Return those numbers of which an account has a ticket that its agents may see."""
    whose = and_(contact.c.id == ticket.c.contact_id, contact.c.account_id == ticket.c.account_id)
    mine = select(ticket.c.number).where(ticket.c.account_id == account_id, ticket.c.number.in_(numbers), _there)
    return set(tx.execute(mine.join(contact, whose).where(contacts.readable, seen(departments))).scalars())


def page(
    tx: Tx,
    account_id: str,
    wanted: TicketQuery,
    before: tuple[int, ...] | None,
    limit: int,
    order: Order = "updated",
    *,
    departments: Departments,
) -> list[ListedTicket]:
    """
    Return up to `limit` tickets of an account in an order, from behind the keyset cursor `before`.
    """
    query = _filtered(
        tx, account_id, _listed.where(ticket.c.account_id == account_id, _there, seen(departments)), wanted
    )
    query = _by_number(query, before) if order == "number" else _by_time(query, before, order)
    return _all_listed(tx, tx.execute(query.limit(limit)))


def _by_number(query: Select[Any], before: tuple[int, ...] | None) -> Select[Any]:
    after = before[0] if before else 0
    return query.where(ticket.c.number > after).order_by(ticket.c.number)


def _by_time(query: Select[Any], before: tuple[int, ...] | None, order: Order) -> Select[Any]:
    """Last changed first, or `oldest`, or who has been `waiting` for an answer longest; those alone who do."""
    by = ticket.c.waiting_since if order == "waiting" else ticket.c.updated_at
    if order == "waiting":
        query = query.where(by.is_not(None))
    if before is not None:
        at, key = before
        behind = (by < at, ticket.c.id < key) if order == "updated" else (by > at, ticket.c.id > key)
        query = query.where(behind[0] | and_(by == at, behind[1]))
    if order == "updated":
        return query.order_by(by.desc(), ticket.c.id.desc())
    return query.order_by(by, ticket.c.id)


def _filtered(tx: Tx, account_id: str, query: Select[Any], wanted: TicketQuery) -> Select[Any]:
    if wanted.status is not UNSET:
        query = query.where(IS_OPEN if wanted.status == "open" else ticket.c.status == wanted.status)
    else:
        query = query.where(ticket.c.status != "trash")
    if wanted.assignee is not UNSET:
        query = query.where(ticket.c.assignee == wanted.assignee)
    if wanted.department is not UNSET:
        query = query.where(ticket.c.department_id == wanted.department)
    if wanted.tag is not UNSET:
        query = query.where(has_tag(tx, account_id, wanted.tag))
    if wanted.contact is not UNSET:
        query = query.where(contact.c.uid.in_(persons.uids(tx, account_id, wanted.contact)))
    if wanted.held is not UNSET:
        query = query.where(HAS_HELD if wanted.held else ticket.c.held < ticket.c.last_seq)
    return _narrowed(query, wanted)


def _narrowed(query: Select[Any], wanted: TicketQuery) -> Select[Any]:
    if wanted.site is not UNSET:
        query = query.where(ticket.c.site_id == wanted.site)
    if wanted.priority is not UNSET:
        query = query.where(ticket.c.priority == wanted.priority)
        if wanted.priority != "none":
            query = query.where(HAS_PRIORITY)
    if wanted.snoozed is not UNSET:
        query = query.where(_runs_with(ticket.c.snoozed_until, IS_SNOOZED, has=wanted.snoozed))
    if wanted.waiting is not UNSET:
        query = query.where(_runs_with(ticket.c.waiting_since, WAITS, has=wanted.waiting))
    return query


def _runs_with(column: Column[int], is_there: TextClause, *, has: bool) -> ColumnElement[bool]:
    """Return the condition that a ticket that has not ended has something in a column, or not so."""
    if has:
        return and_(is_there, RUNS)
    return column.is_(None) | ticket.c.status.in_(ENDED)


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
    before: int | None = None,
) -> list[Message]:
    """Return the messages after `after` and `before` another, in order. `held` narrows to held or passed ones."""
    mine = (message.c.ticket_id == ticket_id) & (message.c.seq > after)
    mine &= true() if before is None else message.c.seq < before
    which = true() if held is None else message.c.held == held
    query = select(*_message_columns).where(mine, which).order_by(message.c.seq).limit(limit)
    return [Message(*row) for row in tx.execute(query)]


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


def count_assigned(tx: Tx, account_id: str, agent_id: str) -> int:
    """Return how many tickets of an account are an agent's, deleted ones too."""
    mine = (ticket.c.account_id == account_id) & (ticket.c.assignee == agent_id)
    return int(tx.execute(select(func.count()).select_from(ticket).where(mine)).scalar_one())


def reassign(tx: Tx, account_id: str, agent_id: str, heir: str | None, most: int) -> list[Ticket]:
    """Give up to `most` of an agent's tickets to another agent, or to nobody, and return them."""
    mine = (ticket.c.account_id == account_id) & (ticket.c.assignee == agent_id)
    found = [ticket_of(row) for row in tx.execute(select(ticket).where(mine).order_by(ticket.c.id).limit(most))]
    theirs = ticket.c.id.in_([each.id for each in found]) & (ticket.c.assignee == agent_id)
    # Nothing was said or done in them, so they stay where they are in lists, and age as they did.
    tx.execute(update(ticket).where(theirs).values(assignee=heir))
    return found


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
    count_held(tx, ticket_id)
    query = select(*_message_columns).where(message.c.ticket_id == ticket_id, message.c.seq.in_(seqs))
    return [Message(*row) for row in tx.execute(query.order_by(message.c.seq))]


def count_held(tx: Tx, ticket_id: int) -> None:
    """Bring a ticket's numbers up to date, some of whose messages were held or released: who is held waits not."""
    here = message.c.ticket_id == ticket_id
    count = select(func.count()).where(here, message.c.held).scalar_subquery()
    said = here & message.c.target.is_(None)
    answered = select(func.max(message.c.seq)).where(said, message.c.author == "agent").scalar_subquery()
    waits = said & (message.c.author == "visitor") & ~message.c.held & (message.c.seq > func.coalesce(answered, 0))
    since = select(func.min(message.c.at)).where(waits).scalar_subquery()
    tx.execute(update(ticket).where(ticket.c.id == ticket_id).values(held=count, waiting_since=since))


def _all_listed(tx: Tx, rows: Iterable[Row[*tuple[Any, ...]]]) -> list[ListedTicket]:
    """
    Return the tickets whose contact is of their account, as the server wrote it itself, and agents' names likewise.
    """
    listed = [_as_listed(tx, row) for row in rows if holds(tx, contact, row, "c_")]
    # What was said last stays the last thing said, whatever was changed since.
    said = before_edits(tx, [each.last for each in listed if each.last is not None])
    return [replace(each, last=said.get(each.ticket.id, each.last)) if said else each for each in listed]


def _as_listed(tx: Tx, row: Row[*tuple[Any, ...]]) -> ListedTicket:
    named = row.a_id is not None and holds(tx, agent, row, "a_")
    merged = row.p_id is not None and holds(tx, merge, row, "g_") and holds(tx, contact, row, "p_")
    belongs = row.department_name is not None
    return ListedTicket(
        ticket=ticket_of(row),
        contact_uid=row.uid,
        contact_slot=row.key_slot,
        contact_name=row.name,
        shown_as=(row.p_uid, row.person_slot, row.person_name) if merged else None,
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
