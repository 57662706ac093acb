"""Inserting what another process may have inserted just now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from chat.infra.store.tx import Tx


def once(tx: Tx, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert a row, unless such a one is there: two processes may be at the same work. Return whether it was."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    made = insert(table).values(**values).on_conflict_do_nothing().returning(*table.primary_key)
    return tx.execute(made).first() is not None
