"""Writing messages: a whole batch of drafts in one transaction, numbered without a gap, each stored once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from sqlalchemy import Dialect, Insert, Row, Select, Update, bindparam, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from chat.account import store as accounts
from chat.account.schema import account
from chat.attachments import store as uploads
from chat.contacts.schema import contact
from chat.core.errors import ConsentRequired, Ended, InvalidField, LetheError, NotFound
from chat.core.model import ENDED, Draft
from chat.infra.store import Store
from chat.infra.store.tx import Tx
from chat.tickets.schema import message, ticket
from chat.tickets.store.merging import follow
from chat.tickets.store.returning import is_there
from chat.tickets.store.tickets import ticket_of


@dataclass(slots=True)
class TicketPosition:
    """Where a ticket stands, and so its next message: the columns that `_standing` reads, in their order."""

    id: int
    number: int
    contact_id: int
    status: str
    last_seq: int
    held: int
    agent_read: int
    visitor_read: int
    updated_at: int
    waiting_since: int | None
    snoozed_until: int | None
    assignee: str | None
    department_id: str | None
    receipt_id: int | None
    blocked_until: int | None
    consents: bool

    def take(self, draft: Draft) -> None:
        """Give the draft the next number."""
        self.last_seq += 1
        draft.seq, draft.number = self.last_seq, self.number
        self.held += draft.held
        self.updated_at = max(self.updated_at, draft.at)
        draft.reopened = self.status == "solved"
        if draft.author == "visitor":
            self.status, self.visitor_read = "open", draft.seq
            self._wait(draft)
        else:
            self.status, self.agent_read = "open" if draft.reopened else self.status, draft.seq
            self.waiting_since = None
            # Who answers first has it.
            draft.taken = self.assignee is None
            self.assignee = self.assignee or draft.agent_id

    def _wait(self, draft: Draft) -> None:
        """The visitor waits for an answer, and wakes the ticket. What is held back does neither."""
        if draft.held:
            return
        self.snoozed_until = None
        if self.waiting_since is None or draft.reopened:
            self.waiting_since = draft.at


_MOVES = (
    "status",
    "last_seq",
    "held",
    "agent_read",
    "visitor_read",
    "updated_at",
    "waiting_since",
    "snoozed_until",
    "assignee",
)
_standing: Select[*tuple[Any, ...]] = (
    select(
        *(ticket.c[field.name] for field in fields(TicketPosition) if field.name in ticket.c),
        contact.c.receipt_id,
        contact.c.blocked_until,
        accounts.consents,
    )
    .join(contact, contact.c.id == ticket.c.contact_id)
    .join(account, account.c.id == ticket.c.account_id)
    .order_by(ticket.c.id)
    # Of the ticket alone: account and contact are only read here, and keep nobody waiting.
    .with_for_update(of=ticket)
)
_advance = update(ticket).where(ticket.c.id == bindparam("of")).values({name: bindparam(name) for name in _MOVES})
_later = select(ticket.c.id).where(
    ticket.c.contact_id == bindparam("of"), ticket.c.id > bindparam("id"), ticket.c.purged_at.is_(None)
)
_written_columns = [
    column.name for column in message.c if column.name not in {"redacted_at", "target", "part", "edited_at"}
]
_insert = insert(message).values({name: bindparam(name) for name in _written_columns})
DraftKey = tuple[int, str, bytes]


Record = Callable[[Tx, Sequence[Draft]], None]
"""Told of a batch that is stored, before its commit."""


class _Repeat(Exception):
    """A batch is to be done again with a look at what was before: a ticket in it is not there, perhaps merged."""


def store_all(store: Store, drafts: Sequence[Draft], record: Record = lambda *_: None) -> None:
    """
    Append the drafts, `record` it and commit, in the calling thread. Raises Unavailable, and then nothing was stored.
    """
    try:
        store.write_here(lambda tx: append(tx, drafts, look=False, record=record))
    except (IntegrityError, _Repeat):
        store.write_here(lambda tx: append(tx, drafts, look=True, record=record))


def append(tx: Tx, drafts: Sequence[Draft], *, look: bool, record: Record = lambda *_: None) -> None:
    """
    Store the drafts in their order. Each ends with its number and `seq`, or with a `refusal`.

    Locks the contacts that open a ticket, then tickets in the order of their keys. With `look`, what was stored before
    is looked for, and tickets that became a part of another are followed there. Without it, a repetition raises
    IntegrityError, a ticket that is not there _Repeat, and the whole batch is to be done again with it: both are rare,
    so this is cheaper.
    """
    # An attachment that a repetition names is taken already, by itself.
    look = look or any(draft.attachments for draft in drafts)
    before = _known(tx, [draft for draft in drafts if draft.opens]) if look else {}
    for draft in drafts:
        draft.refusal, draft.repeated, draft.reopened = None, False, False
        draft.taken = draft.left = False
        if draft.opens:
            draft.ticket_id = None
            # What was stored before opens no ticket: nothing would be in it, and all that follows would be refused.
            if _key(draft) not in before:
                _find_or_open(tx, draft)
    if look:
        _follow(tx, drafts)
    positions = _positions(tx, sorted(_ticket_ids(drafts)))
    if not look and positions.keys() != _ticket_ids(drafts):
        raise _Repeat
    # Who sends again into a ticket that has ended since must hear that it is stored.
    look = look or any(position.status in ENDED for position in positions.values())
    known = _known(tx, drafts) if look else {}
    named = [each for draft in drafts for each in draft.attachments]
    free = uploads.free(tx, named) if named else {}
    solved = [position for position in positions.values() if position.status == "solved"]
    past = _past(tx, solved)
    left = {each.id for each in solved if each.assignee and not is_there(tx, each.assignee, each.department_id)}
    fresh = [made for draft in drafts if (made := _placed(draft, positions, known, free, past)) is not None]
    _let_go(drafts, positions, left)
    if fresh:
        _many(tx, _insert, fresh)
        _many(tx, _advance, [_advanced(positions[key]) for key in sorted({made["ticket_id"] for made in fresh})])
    if named:
        uploads.attach(tx, [draft for draft in drafts if draft.attachments and draft.refusal is None])
    _show_opened(tx, [draft for draft in drafts if draft.opens and draft.ticket_id is not None])
    record(tx, drafts)


def _follow(tx: Tx, drafts: Sequence[Draft]) -> None:
    """Lead the drafts of tickets that were merged to the ones of which these are a part."""
    went = follow(tx, _ticket_ids(drafts))
    for draft in drafts:
        if draft.ticket_id is not None:
            draft.ticket_id = went.get(draft.ticket_id, draft.ticket_id)


def _let_go(drafts: Sequence[Draft], positions: dict[int, TicketPosition], left: set[int]) -> None:
    """Take tickets that are opened again from agents who are not there any more."""
    for draft in drafts:
        if draft.reopened and draft.ticket_id in left:
            position = positions[draft.ticket_id]
            answered = draft.author == "agent"
            position.assignee = draft.agent_id if answered else None
            draft.taken, draft.left = answered, not answered


def _positions(tx: Tx, ids: list[int]) -> dict[int, TicketPosition]:
    """Lock the tickets with these keys and return where they stand."""
    if not ids:
        return {}
    # Filled up to a power of two, so that a few written statements serve batches of every size.
    size = 1 << (len(ids) - 1).bit_length()
    keys = ids + [ids[-1]] * (size - len(ids))
    rows = tx.exec_driver_sql(_read_of(size, tx.dialect), {f"key{n}": key for n, key in enumerate(keys)})
    return {row[0]: TicketPosition(*row) for row in rows.all()}


@cache
def _read_of(size: int, dialect: Dialect) -> str:
    wanted = _standing.where(ticket.c.id.in_([bindparam(f"key{n}", type_=ticket.c.id.type) for n in range(size)]))
    return str(wanted.compile(dialect=dialect))


def _many(tx: Tx, statement: Insert | Update, rows: Sequence[dict[str, Any]]) -> None:
    """Run a statement of plain values for all rows, past SQLAlchemy's care for each: that costs more than SQLite."""
    tx.exec_driver_sql(_written(statement, tx.dialect), rows)


@cache
def _written(statement: Insert | Update, dialect: Dialect) -> str:
    return str(statement.compile(dialect=dialect))


def _show_opened(tx: Tx, drafts: Sequence[Draft]) -> None:
    """Give the drafts that opened a ticket, or found one, that ticket."""
    if drafts:
        rows = tx.execute(select(ticket).where(ticket.c.id.in_(_ticket_ids(drafts))))
        opened = {row.id: ticket_of(row) for row in rows}
        for draft in drafts:
            draft.ticket = opened.get(draft.ticket_id or 0)


def _ticket_ids(drafts: Sequence[Draft]) -> set[int]:
    return {draft.ticket_id for draft in drafts if draft.ticket_id is not None}


def _placed(
    draft: Draft,
    positions: dict[int, TicketPosition],
    known: dict[DraftKey, Row[*tuple[Any, ...]] | Draft],
    free: uploads.Free,
    past: set[int],
) -> dict[str, Any] | None:
    """Give the draft its place and return its row, or None where it is refused or was stored before."""
    key = _key(draft)
    if draft.refusal is not None or _recalled(draft, known.get(key)):
        return None
    position = positions.get(draft.ticket_id or 0)
    draft.refusal = _refusal(draft, position, past)
    if draft.attachments and draft.refusal is None:
        draft.refusal = uploads.take_for_draft(draft, free)
    if draft.refusal is not None or position is None:
        return None
    # Who is blocked is not told so: what they write waits in quarantine, as spam does.
    if draft.author == "visitor" and position.blocked_until is not None and position.blocked_until > draft.at:
        draft.held = True
    position.take(draft)
    known[key] = draft
    return {
        "ticket_id": position.id,
        "seq": draft.seq,
        "contact_id": draft.contact_id,
        "author": draft.author,
        "cid": draft.cid,
        "agent_id": draft.agent_id,
        # As read under the lock, not as the socket knew it: the message rests on a consent that holds in this
        # transaction.
        "receipt_id": position.receipt_id if draft.author == "visitor" else None,
        "body": draft.sealed,
        "at": draft.at,
        "score": draft.score,
        "held": draft.held,
    }


def _past(tx: Tx, solved: Sequence[TicketPosition]) -> set[int]:
    """Return those of the solved tickets whose contact has begun another since: an answer there would reach nobody."""
    return {
        position.id for position in solved if tx.execute(_later, {"of": position.contact_id, "id": position.id}).first()
    }


def _refusal(draft: Draft, position: TicketPosition | None, past: set[int]) -> LetheError | None:
    if position is None or position.contact_id != draft.contact_id:
        return NotFound("No such ticket")
    # The gate has asked this before: since then a notice may have been published, or the consent withdrawn.
    if draft.author == "visitor" and not position.consents:
        return ConsentRequired("Agree to the current notice first")
    if position.id in past:
        return Ended("Its contact has begun another ticket since: write there")
    if position.status == "trash":
        return Ended("This ticket is in the trash")
    return None


def _recalled(draft: Draft, before: Row[*tuple[Any, ...]] | Draft | None) -> bool:
    """Answer a repetition with what was stored the first time."""
    if before is None:
        return False
    draft.ticket_id, draft.seq, draft.at = before.ticket_id, before.seq, before.at
    draft.number, draft.held, draft.repeated = before.number, before.held, True
    return True


def _advanced(of: TicketPosition) -> dict[str, Any]:
    return {"of": of.id, **{name: getattr(of, name) for name in _MOVES}}


def _key(draft: Draft) -> DraftKey:
    return draft.contact_id, draft.author, draft.cid


def _known(tx: Tx, drafts: Sequence[Draft]) -> dict[DraftKey, Row[*tuple[Any, ...]] | Draft]:
    """Return what was stored before under the same contact, author and id, in whichever of the contact's tickets."""
    keys = [_key(draft) for draft in drafts]
    if not keys:
        return {}
    columns = (message.c.contact_id, message.c.author, message.c.cid)
    wanted = (
        select(
            *columns,
            message.c.ticket_id,
            message.c.seq,
            message.c.at,
            message.c.held,
            ticket.c.number,
        )
        .join(ticket, ticket.c.id == message.c.ticket_id)
        .where(tuple_(*columns).in_(keys))
    )
    return {(row.contact_id, row.author, row.cid): row for row in tx.execute(wanted)}


def _find_or_open(tx: Tx, draft: Draft) -> None:
    """
    Find the contact's running ticket or open one. The contact is locked so that two at once open one, but not against
    whoever has locked a ticket and writes in it, which needs no more than that the contact stays.
    """
    row = tx.execute(
        select(accounts.consents.label("consents"))
        .join(account, account.c.id == contact.c.account_id)
        .where(contact.c.id == draft.contact_id)
        .with_for_update(of=contact, key_share=True)
    ).first()
    if row is None or not row.consents:
        draft.refusal = ConsentRequired("Agree to the current notice first")
        return
    draft.ticket_id = tx.execute(
        select(ticket.c.id)
        .where(ticket.c.contact_id == draft.contact_id, ticket.c.status.not_in(ENDED))
        .order_by(ticket.c.id.desc())
        .limit(1)
    ).scalar()
    if draft.ticket_id is not None:
        return
    if draft.department and draft.department not in accounts.offered_departments(tx, draft.site_id):
        draft.refusal = InvalidField("There is no such department to choose", field="department")
    else:
        draft.ticket_id = _insert_ticket(tx, draft)


def _insert_ticket(tx: Tx, draft: Draft) -> int:
    # Counted by the update: of two that read the number first, both would give out the same one.
    number = tx.execute(
        update(account)
        .where(account.c.id == draft.account_id)
        .values(tickets=account.c.tickets + 1)
        .returning(account.c.tickets)
    ).scalar_one()
    made = tx.execute(
        insert(ticket)
        .values(
            account_id=draft.account_id,
            number=number,
            contact_id=draft.contact_id,
            site_id=draft.site_id,
            department_id=draft.department,
            status="open",
            created_at=draft.at,
            updated_at=draft.at,
        )
        .returning(ticket.c.id)
    )
    return int(made.scalar_one())
