"""Replies that agents keep. Who sees some departments alone sees the replies of these, and those of the account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Insert, Select, Update, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from chat.account.schema import department
from chat.canned_responses.schema import canned_response
from chat.core.errors import InvalidField, NotFound
from chat.infra.store.tx import Tx

Departments = frozenset[str] | None
"""Of which departments replies are seen, None for all."""


@dataclass(frozen=True, slots=True)
class CannedResponse:
    """A reply that agents keep, of a department or of none."""

    id: str
    shortcut: str
    title: str
    text: str
    department_id: str | None
    updated_at: int
    translations: dict[str, str]


_columns = tuple(canned_response.c[name] for name in CannedResponse.__slots__)


def page(tx: Tx, account_id: str, departments: Departments, after: str | None, limit: int) -> list[CannedResponse]:
    """Return up to `limit` replies of an account, in the order in which they were made, from behind an id."""
    query = _mine(account_id, departments)
    if after is not None:
        query = query.where(canned_response.c.id > after)
    return [CannedResponse(*row) for row in tx.execute(query.order_by(canned_response.c.id).limit(limit))]


def one(tx: Tx, account_id: str, response_id: str, departments: Departments, *, lock: bool = False) -> CannedResponse:
    """Return a reply. Raises NotFound where there is none to be seen."""
    query = _mine(account_id, departments).where(canned_response.c.id == response_id)
    row = tx.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound("No such reply")
    return CannedResponse(*row)


def is_taken(tx: Tx, response_id: str) -> bool:
    """Whether there is a reply with this id, in whichever account."""
    return tx.execute(select(canned_response.c.id).where(canned_response.c.id == response_id)).first() is not None


def count(tx: Tx, account_id: str) -> int:
    """Return how many replies an account has."""
    mine = canned_response.c.account_id == account_id
    return int(tx.execute(select(func.count()).select_from(canned_response).where(mine)).scalar_one())


def add(tx: Tx, made: Mapping[str, Any]) -> None:
    """Store a reply. Raises InvalidField where the shortcut is taken."""
    _shortcut_once(tx, insert(canned_response).values(**made))


def change(tx: Tx, response_id: str, values: Mapping[str, Any]) -> None:
    """Set columns of a reply. Raises InvalidField where the shortcut is taken."""
    _shortcut_once(tx, update(canned_response).where(canned_response.c.id == response_id).values(**values))


def drop(tx: Tx, response_id: str) -> None:
    """Delete a reply."""
    tx.execute(delete(canned_response).where(canned_response.c.id == response_id))


def has_department(tx: Tx, account_id: str, department_id: str) -> bool:
    """Whether an account has a department."""
    mine = (department.c.id == department_id) & (department.c.account_id == account_id)
    return tx.execute(select(department.c.id).where(mine)).first() is not None


def _mine(account_id: str, departments: Departments) -> Select[Any]:
    query = select(*_columns).where(canned_response.c.account_id == account_id)
    return query if departments is None else query.where(_seen(departments))


def _seen(departments: frozenset[str]) -> ColumnElement[bool]:
    return canned_response.c.department_id.is_(None) | canned_response.c.department_id.in_(departments)


def _shortcut_once(tx: Tx, statement: Insert | Update) -> None:
    try:
        tx.execute(statement)
    except IntegrityError:
        raise InvalidField("A reply with this shortcut is here already", field="shortcut") from None
