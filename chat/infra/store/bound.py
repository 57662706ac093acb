"""
Rows that open something, each bound by a MAC to what it says: who can write the database, and has not the server's
secret, can delete such a row or spoil it, and cannot make one or change what it opens.

Which columns count is said with the table (`bound` in each feature's `schema.py`). A row that does not hold is as one
that is not there. An older row put back as it was holds as it did then: nothing in a database can show that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from sqlalchemy import Connection, Label, Table

from chat.core.macs import Macs

log = structlog.get_logger("chat.store")
OPTION = "lethe_macs"


def bind(tx: Connection, of: Table, row: Mapping[str, Any]) -> str:
    """Return the MAC of a row that is to be stored, given by its columns' names."""
    return _macs(tx).over(str(of.name), [row.get(name) for name in of.info["bound"]])


def columns(of: Table, prefix: str) -> list[Label[Any]]:
    """Return what `holds` needs of a table, for a query that has columns of others too."""
    return [of.c[name].label(prefix + name) for name in (*of.info["bound"], "mac")]


def holds(tx: Connection, of: Table, row: Any, prefix: str = "") -> bool:
    """Whether a row (its bound columns and `mac` as attributes) is as it was bound. One that is not is logged."""
    said = [getattr(row, prefix + name) for name in of.info["bound"]]
    # The table's name is part of it, so a row cannot be moved to another table with columns of the same values.
    whole = _macs(tx).hold(getattr(row, f"{prefix}mac") or "", str(of.name), said)
    if not whole:
        log.error("row does not hold", table=str(of.name))
    return whole


def rebound(tx: Connection, of: Table, row: Any, **changes: Any) -> dict[str, Any]:
    """Return what to set in a row that changes. One that does not hold stays so: a change must not make it good."""
    if not holds(tx, of, row):
        return changes
    return changes | {"mac": bind(tx, of, {**row._mapping, **changes})}  # noqa: SLF001 - SQLAlchemy's public name


def _macs(tx: Connection) -> Macs:
    macs: Macs = tx.get_execution_options()[OPTION]
    return macs
