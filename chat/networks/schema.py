"""The table of allow-lists: at most one for each account."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, String, Table, Text

from chat.infra.store.columns import about, mac, metadata, to

allowed_networks = Table(
    "allowed_networks",
    metadata,
    Column("account_id", String(36), to("account.id"), primary_key=True),
    Column("networks", Text, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    mac(),
    info=about(
        "nobody", "networks of the organisation, from which its agents may ask", bound=("account_id", "networks")
    ),
)
