"""The reports of retention."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Integer, String, Table, text

from chat.infra.store.columns import about, metadata, to, uid

# At most one run of an account is under way: a second one that is asked for joins it.
retention_run = Table(
    "retention_run",
    metadata,
    uid(),
    Column("account_id", to("account.id"), nullable=False),
    Column("dry_run", Boolean(create_constraint=False), nullable=False),
    Column("source", String(10), nullable=False),
    Column("state", String(10), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("done_at", BigInteger),
    Column("scrubbed_at", BigInteger),
    CheckConstraint("state IN ('running', 'done')", name="state"),
    Index("ix_retention_run_account_id_started_at", "account_id", "started_at"),
    Index(
        "uq_retention_run_running",
        "account_id",
        unique=True,
        sqlite_where=text("state = 'running'"),
        postgresql_where=text("state = 'running'"),
    ),
    info=about("nobody", "that a retention run was made, and when", kept="audit"),
)

retention_count = Table(
    "retention_count",
    metadata,
    Column("run_id", String(36), to("retention_run.id"), primary_key=True),
    Column("rule", String(20), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("days", Integer, nullable=False),
    Column("found", Integer, nullable=False),
    Column("purged", Integer, nullable=False),
    Column("held", Integer, nullable=False),
    Column("left", Integer),
    Column("oldest", BigInteger),
    Column("took_ms", Integer, nullable=False),
    info=about("nobody", "how many things a retention run found, purged and left under each rule", kept="audit"),
)
