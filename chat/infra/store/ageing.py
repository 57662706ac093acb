"""What is due by age: a kind of thing, from when each counts, and which of an account's are over their days."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, FromClause, Row, case, literal, true

from chat.core.clock import DAY

Found = Row[*tuple[Any, ...]]
"""One thing that is due: from when it counts (ms), then its key."""


@dataclass(frozen=True)
class Policy:
    """How many days an account keeps each kind of thing, and its parts by id otherwise. `now` is in ms."""

    account_id: str
    now: int
    days: Mapping[str, int]
    scopes: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class AgeingKind:
    """
    A kind of thing that ages: its rows (`source`, `key`), from when each counts (`at`, ms), whose it is, and what a
    sample of it shows. `scope` is to which part of the account it belongs, where parts may keep such things otherwise.
    `where` leaves out what another rule takes.
    """

    rule: str
    source: FromClause
    key: tuple[ColumnElement[Any], ...]
    at: ColumnElement[int]
    account: ColumnElement[str]
    shown: ColumnElement[Any]
    scope: ColumnElement[Any] | None = None
    contact: ColumnElement[Any] | None = None
    where: Callable[[Policy], ColumnElement[bool]] = lambda _: true()


def due(kind: AgeingKind, policy: Policy) -> ColumnElement[bool]:
    """Return the condition for what is over its time, held or not."""
    known = (policy.days[kind.rule], *(own[kind.rule] for own in _own(kind, policy).values()))
    # The second says nothing new; an index can follow it.
    return (
        of_account(kind, policy)
        & (kind.at <= policy.now - lasts(kind, policy))
        & (kind.at <= policy.now - min(known) * DAY)
    )


def of_account(kind: AgeingKind, policy: Policy) -> ColumnElement[bool]:
    """Return the condition for an account's things of a kind, due or not."""
    return (kind.account == policy.account_id) & kind.where(policy)


def _own(kind: AgeingKind, policy: Policy) -> dict[str, Mapping[str, int]]:
    """Return the parts of the account that keep things of this kind for a time of their own."""
    if kind.scope is None:
        return {}
    return {uid: days for uid, days in policy.scopes.items() if kind.rule in days}


def lasts(kind: AgeingKind, policy: Policy) -> ColumnElement[int]:
    """Return for how long (ms) each thing is kept."""
    usual = literal(policy.days[kind.rule] * DAY, BigInteger)
    own = {uid: literal(days[kind.rule] * DAY, BigInteger) for uid, days in _own(kind, policy).items()}
    return case(own, value=kind.scope, else_=usual) if own else usual
