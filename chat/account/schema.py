"""An account, its sites and its departments."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, Integer, String, Table, Text, UniqueConstraint, false

from chat.infra.store.columns import about, mac, metadata, to, uid

account = Table(
    "account",
    metadata,
    uid(),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("tickets", Integer, nullable=False, default=0),
    Column("notice_version", Integer),
    Column("message_rate", Integer, nullable=False, default=120),
    Column("agreement_rate", Integer, nullable=False, default=30, server_default="30"),
    Column("grace_days", Integer, nullable=False, default=0),
    Column("consent_days", Integer, nullable=False, default=730),
    Column("retention", JSON, nullable=False, default={}, server_default="{}"),
    Column(
        "export_agent_names", Boolean(create_constraint=False), nullable=False, default=False, server_default=false()
    ),
    Column("export_notes", Boolean(create_constraint=False), nullable=False, default=False, server_default=false()),
    Column("ham_held", Float, nullable=False, default=0.002, server_default="0.002"),
    info=about("nobody", "an organisation"),
)

site = Table(
    "site",
    metadata,
    uid(),
    Column("account_id", to("account.id"), nullable=False, index=True),
    Column("key", String(40), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("origins", JSON, nullable=False),
    Column("color", String(7), nullable=False),
    Column("fields", JSON, nullable=False),
    Column("custom_fields", JSON, nullable=False, default=[], server_default="[]"),
    Column("alternative", Text, nullable=False, default=""),
    Column("privacy_note", Text, nullable=False, default="", server_default=""),
    Column("created_at", BigInteger, nullable=False),
    mac(),
    info=about("nobody", "a website of an organisation", bound=("id", "account_id", "key")),
)

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
