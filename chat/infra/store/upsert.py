"""Inserting what another process may have inserted just now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from chat.infra.store.tx import Tx


def once(tx: Tx, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert a row, unless such a one is there: two processes may be at the same work. Return whether it was."""
    made = insert_of(tx, table).values(**values).on_conflict_do_nothing().returning(*table.primary_key)
    return tx.execute(made).first() is not None


def insert_of(tx: Tx, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT in the database's own words, which can say what is to be done where such a row is there."""
    return postgresql.insert(table) if tx.dialect.name == "postgresql" else sqlite.insert(table)
