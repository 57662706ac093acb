"""The departments of an account, which may keep things for days of their own."""

from __future__ import annotations

from sqlalchemy import select

from chat.core.model import Department
from chat.departments.schema import department
from chat.infra.store.tx import Tx

_columns = (department.c.id, department.c.name, department.c.retention, department.c.created_at)


def all_of(tx: Tx, account_id: str) -> list[Department]:
    """Return the departments of an account by name."""
    query = select(*_columns).where(department.c.account_id == account_id)
    return [Department(*row) for row in tx.execute(query.order_by(department.c.name, department.c.id))]
