"""What of an account is due under a rule, and what a legal hold keeps: counted, sampled, and taken in its order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from sqlalchemy import ColumnElement, and_, case, exists, func, select, true, tuple_

from chat.contacts.schema import hold
from chat.infra.store.ageing import AgeingKind, Found, Policy, due, lasts, of_account
from chat.infra.store.tx import Tx


def free(kind: AgeingKind) -> ColumnElement[bool]:
    """Return the condition for what no legal hold keeps."""
    return true() if kind.contact is None else ~exists().where(hold.c.contact_id == kind.contact)


def count(tx: Tx, kind: AgeingKind, policy: Policy) -> tuple[int, int]:
    """Return how many things are due and free to go, and how many are due and held."""
    loose = func.coalesce(func.sum(case((free(kind), 1), else_=0)), 0)
    row = tx.execute(select(func.count(), loose).select_from(kind.source).where(due(kind, policy))).one()
    return int(row[1]), int(row[0]) - int(row[1])


def oldest(tx: Tx, kind: AgeingKind, policy: Policy) -> int | None:
    """Return from when (ms) the oldest thing counts that no hold keeps."""
    query = select(func.min(kind.at)).select_from(kind.source).where(of_account(kind, policy), free(kind))
    return tx.execute(query).scalar()


def samples(tx: Tx, kind: AgeingKind, policy: Policy, limit: int) -> list[int | str]:
    """Return what would go first, as it may be shown: numbers of tickets, public ids."""
    query = select(kind.shown).select_from(kind.source).where(due(kind, policy), free(kind))
    return list(tx.execute(query.group_by(kind.shown).order_by(func.min(kind.at)).limit(limit)).scalars())


def coming(tx: Tx, kind: AgeingKind, policy: Policy, ends: Sequence[int]) -> list[int]:
    """Return how many things fall due before each end (ms) and after the one before. The first has all until then."""
    when = kind.at + lasts(kind, policy)
    spans = [when <= ends[0], *(and_(when > begin, when <= end) for begin, end in pairwise(ends))]
    sums = [func.coalesce(func.sum(case((span, 1), else_=0)), 0) for span in spans]
    row = tx.execute(select(*sums).select_from(kind.source).where(of_account(kind, policy), free(kind))).one()
    return [int(each) for each in row]


def over(tx: Tx, kind: AgeingKind, policy: Policy, after: Found | None, limit: int) -> list[Found]:
    """Return the next things that are due and free, oldest first: `at`, then the key. `after` is the last one seen."""
    order = (kind.at.label("since"), *kind.key)
    query = select(*order).select_from(kind.source).where(due(kind, policy), free(kind))
    if after is not None:
        # The first condition says nothing new; an index can follow it.
        query = query.where(kind.at >= after[0], tuple_(kind.at, *kind.key) > tuple_(*after))
    return list(tx.execute(query.order_by(*order).limit(limit)))


def still(tx: Tx, kind: AgeingKind, policy: Policy, found: Sequence[Found]) -> list[Found]:
    """Return those of some things that are due and free now, in the transaction that is to take them."""
    keys = [tuple(each[1:]) for each in found]
    query = select(kind.at, *kind.key).select_from(kind.source)
    return list(tx.execute(query.where(tuple_(*kind.key).in_(keys), due(kind, policy), free(kind))))
