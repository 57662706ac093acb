"""What an owner changed of the rights of roles."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, String, Table

from chat.infra.store.columns import about, mac, metadata, to

role_right = Table(
    "role_right",
    metadata,
    Column("account_id", to("account.id"), primary_key=True),
    Column("role", String(10), primary_key=True),
    Column("permission", String(60), primary_key=True),
    Column("allowed", Boolean(create_constraint=False), nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    mac(),
    info=about(
        "nobody",
        "which rights an owner gave to a role or took from it",
        bound=("account_id", "role", "permission", "allowed"),
    ),
)
