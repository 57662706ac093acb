"""Agents may have second factors, and sessions show again whose they are."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0018_factors"
down_revision = "0017_password_resets"


def upgrade() -> None:
    """Add the tables. Whoever is signed in has shown nothing yet, and is asked where it matters."""
    _table(
        "totp", "agent", sa.Column("secret", sa.LargeBinary(), nullable=False), _number("step"), _number("created_at")
    )
    _table("recovery_code", "agent", sa.Column("code_hash", sa.String(length=64), nullable=False), own_id=True)
    op.create_index(op.f("ix_recovery_code_agent_id"), "recovery_code", ["agent_id"], unique=False)
    _table("shown", "session", _number("at"))


def _table(name: str, of: str, *columns: sa.Column[Any], own_id: bool = False) -> None:
    """Make a table whose rows go with those of another, and are bound; they are found by that, or by an id."""
    key = f"{of}_id"
    op.create_table(
        name,
        *([sa.Column("id", sa.String(length=36), nullable=False)] if own_id else []),
        sa.Column(key, sa.String(length=36), nullable=False),
        *columns,
        sa.Column("mac", sa.String(length=64), server_default="", nullable=False),
        sa.ForeignKeyConstraint([key], [f"{of}.id"], name=op.f(f"fk_{name}_{key}"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id" if own_id else key, name=op.f(f"pk_{name}")),
    )


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)
