"""The table of the fields of tickets: at most one row for each account."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, String, Table

from chat.infra.store.columns import about, metadata, to

ticket_fields = Table(
    "ticket_fields",
    metadata,
    Column("account_id", String(36), to("account.id"), primary_key=True),
    Column("fields", JSON, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    info=about("nobody", "which fields the tickets of an organisation have beside the usual ones"),
)
