"""What is due by age: each kind of thing, from when its time counts, and which of an account's are over it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Row,
    and_,
    case,
    delete,
    exists,
    func,
    literal,
    select,
    true,
    tuple_,
)

from chat.attachments.schema import attachment
from chat.consent.schema import receipt
from chat.contacts.schema import contact, hold
from chat.core.clock import DAY
from chat.erasure.schema import erasure
from chat.export.schema import export
from chat.infra.audit.schema import audit, audit_head
from chat.infra.store.tx import Tx
from chat.spam_filter.schema import label
from chat.tickets.schema import ticket

Found = Row[*tuple[Any, ...]]


@dataclass(frozen=True)
class Policy:
    """How many days an account keeps each kind of thing, and its departments otherwise; what is due at `now` (ms)."""

    account_id: str
    now: int
    days: Mapping[str, int]
    departments: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Kind:
    """
    A kind of thing that ages: its rows (`source`, `key`), from when each counts (`at`, ms), whose it is, and what a
    sample of it shows. `where` leaves out what another rule takes.
    """

    rule: str
    source: FromClause
    key: tuple[ColumnElement[Any], ...]
    at: ColumnElement[int]
    account: ColumnElement[str]
    shown: ColumnElement[Any]
    department: ColumnElement[Any] | None = None
    contact: ColumnElement[Any] | None = None
    where: Callable[[Policy], ColumnElement[bool]] = lambda _: true()


def due(kind: Kind, policy: Policy) -> ColumnElement[bool]:
    """Return the condition for what is over its time, held or not."""
    known = (policy.days[kind.rule], *(own[kind.rule] for own in _own(kind, policy).values()))
    # The second says nothing new; an index can follow it.
    return (
        _mine(kind, policy)
        & (kind.at <= policy.now - _lasts(kind, policy))
        & (kind.at <= policy.now - min(known) * DAY)
    )


def free(kind: Kind) -> ColumnElement[bool]:
    """Return the condition for what no legal hold keeps."""
    return true() if kind.contact is None else ~exists().where(hold.c.contact_id == kind.contact)


def count(tx: Tx, kind: Kind, policy: Policy) -> tuple[int, int]:
    """Return how many things are due and free to go, and how many are due and held."""
    loose = func.coalesce(func.sum(case((free(kind), 1), else_=0)), 0)
    row = tx.execute(select(func.count(), loose).select_from(kind.source).where(due(kind, policy))).one()
    return int(row[1]), int(row[0]) - int(row[1])


def oldest(tx: Tx, kind: Kind, policy: Policy) -> int | None:
    """Return from when (ms) the oldest thing counts that no hold keeps."""
    query = select(func.min(kind.at)).select_from(kind.source).where(_mine(kind, policy), free(kind))
    return tx.execute(query).scalar()


def samples(tx: Tx, kind: Kind, policy: Policy, limit: int) -> list[Any]:
    """Return what would go first, as it may be shown: numbers of tickets, public ids."""
    query = select(kind.shown).select_from(kind.source).where(due(kind, policy), free(kind))
    return list(tx.execute(query.group_by(kind.shown).order_by(func.min(kind.at)).limit(limit)).scalars())


def coming(tx: Tx, kind: Kind, policy: Policy, ends: Sequence[int]) -> list[int]:
    """Return how many things fall due before each end (ms) and after the one before; the first has all until then."""
    when = kind.at + _lasts(kind, policy)
    spans = [when <= ends[0], *(and_(when > begin, when <= end) for begin, end in pairwise(ends))]
    sums = [func.coalesce(func.sum(case((span, 1), else_=0)), 0) for span in spans]
    row = tx.execute(select(*sums).select_from(kind.source).where(_mine(kind, policy), free(kind))).one()
    return [int(each) for each in row]


def over(tx: Tx, kind: Kind, policy: Policy, after: Found | None, limit: int) -> list[Found]:
    """Return the next things that are due and free, oldest first: `at`, then the key. `after` is the last one seen."""
    order = (kind.at.label("since"), *kind.key)
    query = select(*order).select_from(kind.source).where(due(kind, policy), free(kind))
    if after is not None:
        query = query.where(kind.at >= after[0], tuple_(kind.at, *kind.key) > tuple_(*after))
    return list(tx.execute(query.order_by(*order).limit(limit)))


def still(tx: Tx, kind: Kind, policy: Policy, found: Sequence[Found]) -> list[Found]:
    """Return those of some things that are due and free now, in the transaction that is to take them."""
    keys = [tuple(each[1:]) for each in found]
    query = select(kind.at, *kind.key).select_from(kind.source)
    return list(tx.execute(query.where(tuple_(*kind.key).in_(keys), due(kind, policy), free(kind))))


def _mine(kind: Kind, policy: Policy) -> ColumnElement[bool]:
    return (kind.account == policy.account_id) & kind.where(policy)


def _own(kind: Kind, policy: Policy) -> dict[str, Mapping[str, int]]:
    """Return the departments that keep things of this kind for a time of their own."""
    if kind.department is None:
        return {}
    return {uid: days for uid, days in policy.departments.items() if kind.rule in days}


def _lasts(kind: Kind, policy: Policy) -> ColumnElement[int]:
    """Return for how long (ms) each thing is kept."""
    usual = literal(policy.days[kind.rule] * DAY, BigInteger)
    own = {uid: literal(days[kind.rule] * DAY, BigInteger) for uid, days in _own(kind, policy).items()}
    return case(own, value=kind.department, else_=usual) if own else usual


def _young(policy: Policy) -> ColumnElement[bool]:
    """A ticket that stays: what hangs off one that goes is counted with it, and with nothing else."""
    return ticket.c.purged_at.is_(None) & ~due(TRANSCRIPTS, policy)


def _alone(_: Policy) -> ColumnElement[bool]:
    """A contact without tickets, whom nobody has asked to erase."""
    asked = exists().where(erasure.c.contact_uid == contact.c.uid)
    return ~exists().where(ticket.c.contact_id == contact.c.id) & ~asked


_ticket: dict[str, Any] = {
    "account": ticket.c.account_id,
    "department": ticket.c.department_id,
    "contact": ticket.c.contact_id,
    "shown": ticket.c.number,
}
_contact: dict[str, Any] = {"account": contact.c.account_id, "contact": contact.c.id, "shown": contact.c.uid}


def _first(policy: Policy) -> ColumnElement[bool]:
    """
    An entry that no younger one stands before: the log is a chain, and goes from its beginning. Closed parts of it,
    which lie before, go by a sweep of their own.
    """
    begins = select(audit_head.c.pruned).where(audit_head.c.account_id == policy.account_id).scalar_subquery()
    young = select(func.min(_entry.c.number)).where(
        _entry.c.account_id == policy.account_id,
        _entry.c.number > begins,
        _entry.c.at > policy.now - policy.days["audit"] * DAY,
    )
    return (audit.c.number < func.coalesce(young.scalar_subquery(), audit.c.number + 1)) & (audit.c.number > begins)


_entry = audit.alias()
TRANSCRIPTS = Kind(
    "transcripts", ticket, (ticket.c.id,), ticket.c.updated_at, where=lambda _: ticket.c.purged_at.is_(None), **_ticket
)
ATTACHMENTS = Kind(
    "attachments",
    attachment.join(ticket, ticket.c.id == attachment.c.ticket_id),
    (attachment.c.ticket_id, attachment.c.seq, attachment.c.id),
    attachment.c.created_at,
    where=lambda policy: attachment.c.seq.is_not(None) & _young(policy),
    **_ticket,
)
TRAINING = Kind(
    "training",
    label.join(ticket, ticket.c.id == label.c.ticket_id),
    (label.c.ticket_id, label.c.seq),
    label.c.at,
    where=_young,
    **_ticket,
)
CONTACTS = Kind(
    "contacts",
    contact,
    (contact.c.id,),
    contact.c.emptied_at,
    where=lambda policy: contact.c.emptied_at.is_not(None) & _alone(policy),
    **_contact,
)
SESSIONS = Kind(
    "sessions",
    contact.outerjoin(receipt, receipt.c.id == contact.c.receipt_id),
    (contact.c.id,),
    func.coalesce(receipt.c.at, contact.c.created_at),
    where=lambda policy: contact.c.emptied_at.is_(None) & _alone(policy),
    **_contact,
)
# A copy for the contact, which no legal claim needs: no hold keeps it.
EXPORTS = Kind(
    "exports",
    export.join(contact, contact.c.id == export.c.contact_id),
    (export.c.id,),
    export.c.requested_at,
    contact.c.account_id,
    export.c.id,
)
AUDIT = Kind("audit", audit, (audit.c.number,), audit.c.at, audit.c.account_id, audit.c.number, where=_first)


def take_exports(tx: Tx, uids: Sequence[str]) -> list[tuple[str, str]]:
    """Delete exports; return the files they leave, each as its contact's public id and its name."""
    query = select(contact.c.uid, export.c.blob).join(contact, contact.c.id == export.c.contact_id)
    files = tx.execute(query.where(export.c.id.in_(uids), export.c.blob.is_not(None))).all()
    tx.execute(delete(export).where(export.c.id.in_(uids)))
    return [(row.uid, row.blob) for row in files]
