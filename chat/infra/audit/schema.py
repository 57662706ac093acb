"""The log of who did what."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from chat.infra.store.columns import about, metadata, personal, plain, to

audit_head = Table(
    "audit_head",
    metadata,
    Column("account_id", String(36), to("account.id"), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("pruned", Integer, nullable=False),
    Column("pruned_hash", String(64), nullable=False),
    Column("signature", String(100), nullable=False),
    Column("closed", String(64), nullable=False, server_default=""),
    Column("checked_at", BigInteger),
    Column("broken_at", Integer),
    info=about("nobody", "both ends of an account's audit log, signed"),
)

audit_part = Table(
    "audit_part",
    metadata,
    Column("account_id", String(36), to("account.id"), primary_key=True),
    Column("first", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("broken_at", Integer, nullable=False),
    Column("why", String(100), nullable=False),
    Column("closed_at", BigInteger, nullable=False),
    Column("dropped_at", BigInteger),
    info=about("nobody", "where an audit log was found broken and begun anew"),
)

audit = Table(
    "audit",
    metadata,
    # To the head and not to the account: whoever appends has locked the one and must not wait for the other.
    plain("account_id", String(36), to("audit_head.account_id"), primary_key=True),
    plain("number", Integer, primary_key=True, autoincrement=False),
    personal("at", BigInteger, "time", nullable=False),
    personal("who", String(36), "identifier", nullable=False),
    personal("action", String(40), "action", nullable=False),
    personal("target", String(80), "identifier", nullable=False),
    personal("contact", String(36), "identifier", nullable=False),
    plain("hash", String(64), nullable=False),
    personal("source", String(60), "identifier", nullable=False, default="", server_default=""),
    Index(None, "account_id", "who", "number"),
    Index(None, "account_id", "target", "number"),
    Index(None, "account_id", "contact", "number"),
    info=about(
        "agent",
        "to show who looked at, exported, changed or erased what; of a contact only an opaque id that after an erasure "
        "names nobody, so the chain stays whole",
        basis="duty",
        kept="audit",
    ),
)
