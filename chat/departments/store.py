"""Departments: parts of an account that tickets may belong to, with days of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Insert, Update, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from chat.account.schema import department
from chat.core.errors import InvalidField, NotFound
from chat.infra.gathered import RetentionScope
from chat.infra.store.tx import Tx
from chat.tickets.schema import ticket


@dataclass(frozen=True, slots=True)
class Department:
    """A part of an account that tickets may belong to. `retention` has days by rule where it keeps things otherwise."""

    id: str
    name: str
    retention: dict[str, int]
    created_at: int

    @property
    def scope(self) -> RetentionScope:
        """What it keeps otherwise than its account."""
        return RetentionScope(self.id, self.name, self.retention)


_columns = (department.c.id, department.c.name, department.c.retention, department.c.created_at)


def all_of(tx: Tx, account_id: str) -> list[Department]:
    """Return the departments of an account by name."""
    query = select(*_columns).where(department.c.account_id == account_id)
    return [Department(*row) for row in tx.execute(query.order_by(department.c.name, department.c.id))]


def scopes(tx: Tx, account_id: str) -> list[RetentionScope]:
    """Return what the departments of an account keep otherwise than it."""
    return [each.scope for each in all_of(tx, account_id)]


def is_taken(tx: Tx, department_id: str) -> bool:
    """Whether there is a department with this id, in whichever account."""
    return tx.execute(select(department.c.id).where(department.c.id == department_id)).first() is not None


def one(tx: Tx, account_id: str, department_id: str, *, lock: bool = False) -> Department:
    """Return a department of an account. Raises NotFound where there is none."""
    mine = (department.c.id == department_id) & (department.c.account_id == account_id)
    query = select(*_columns).where(mine)
    row = tx.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound("No such department")
    return Department(*row)


def add(tx: Tx, account_id: str, made: Mapping[str, object]) -> None:
    """Store a department. Raises InvalidField where the name is taken."""
    _named_once(tx, insert(department).values(account_id=account_id, **made))


def change(tx: Tx, account_id: str, department_id: str, values: Mapping[str, object]) -> None:
    """Set columns of a department of the account. Raises NotFound, and InvalidField where the name is taken."""
    mine = (department.c.id == department_id) & (department.c.account_id == account_id)
    if _named_once(tx, update(department).where(mine).values(**values)) == 0:
        raise NotFound("No such department")


def drop(tx: Tx, account_id: str, department_id: str) -> None:
    """Delete a department. Its tickets stay, with the account's days. NotFound where there is none."""
    mine = (department.c.id == department_id) & (department.c.account_id == account_id)
    if tx.execute(delete(department).where(mine)).rowcount == 0:
        raise NotFound("No such department")
    theirs = (ticket.c.department_id == department_id) & (ticket.c.account_id == account_id)
    tx.execute(update(ticket).where(theirs).values(department_id=None))


def _named_once(tx: Tx, statement: Insert | Update) -> int:
    try:
        return tx.execute(statement).rowcount
    except IntegrityError:
        raise InvalidField("A department with this name is here already", field="name") from None
