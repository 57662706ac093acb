"""An account's departments."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, String, Table, UniqueConstraint

from chat.infra.store.columns import about, metadata, to, uid

# `retention` holds days by rule, only those that differ: of an account from the rules' defaults, of a department from
# its account.
department = Table(
    "department",
    metadata,
    uid(),
    Column("account_id", to("account.id"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("retention", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("account_id", "name"),
    info=about("nobody", "a part of an organisation"),
)
