"""Links to set a password by, as rows. One that does not hold is as one that is not there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from sqlalchemy import Row, delete, insert, select

from chat.infra.store.bound import bind, holds
from chat.infra.store.tx import Tx
from chat.password_resets.schema import password_reset

ResetRow: TypeAlias = Row[*tuple[Any, ...]]


def put(tx: Tx, made: Mapping[str, Any]) -> None:
    """Store a link in the stead of the agent's earlier one."""
    drop(tx, made["agent_id"])
    tx.execute(insert(password_reset).values(**made, mac=bind(tx, password_reset, made)))


def by_secret(tx: Tx, secret_hash: str, now: int) -> ResetRow | None:
    """Return the link that this secret opens, if any that is good."""
    row = tx.execute(select(password_reset).where(password_reset.c.secret_hash == secret_hash)).first()
    return row if row is not None and row.expires_at > now and holds(tx, password_reset, row) else None


def drop(tx: Tx, agent_id: str) -> None:
    """Delete an agent's link."""
    tx.execute(delete(password_reset).where(password_reset.c.agent_id == agent_id))


def lapse(tx: Tx, now: int) -> int:
    """Delete the links that are over, and return how many."""
    return tx.execute(delete(password_reset).where(password_reset.c.expires_at <= now)).rowcount
