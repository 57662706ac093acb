"""Receipts, holds and erasures."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, Integer, LargeBinary, String, Table, Text

from chat.store.schema.columns import about, metadata, personal, plain, serial, to, uid

receipt = Table(
    "receipt",
    metadata,
    plain("id", serial, primary_key=True, autoincrement=True),
    personal("uid", String(36), "identifier", nullable=False, unique=True),
    plain("contact_id", to("contact.id"), nullable=False, index=True),
    personal("action", String(10), "consent", nullable=False),
    plain("notice_version", Integer, nullable=False),
    personal("locale", String(12), "locale", nullable=False),
    personal("purposes", JSON, "consent", nullable=False),
    personal("at", BigInteger, "time", nullable=False),
    personal("document", Text, "consent", nullable=False),
    plain("signature", String(100), nullable=False),
    CheckConstraint("action IN ('given', 'renewed', 'withdrawn', 'expired')", name="action"),
    sqlite_autoincrement=True,
    info=about("contact", "to prove consent and its withdrawal", basis="duty", kept="contacts"),
)

hold = Table(
    "hold",
    metadata,
    uid(),
    plain("contact_id", to("contact.id"), nullable=False, unique=True),
    personal("reason", LargeBinary, "message", nullable=False),
    personal("agent_id", String(36), "identifier", nullable=False),
    personal("placed_at", BigInteger, "time", nullable=False),
    plain("expires_at", BigInteger, nullable=False, index=True),
    info=about(
        "contact", "to keep what a legal claim needs", basis="claims", kept="until the day it names, 10 years at most"
    ),
)

erasure = Table(
    "erasure",
    metadata,
    uid(),
    Column("account_id", to("account.id"), nullable=False, index=True),
    Column("contact_uid", String(36), nullable=False, unique=True),
    Column("contact_id", BigInteger, nullable=False),
    Column("key_slot", Integer, nullable=False),
    Column("source", String(10), nullable=False),
    Column("state", String(10), nullable=False),
    Column("requested_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("done_at", BigInteger),
    Column("receipts", Integer, nullable=False),
    Column("proof", String(64), nullable=False),
    Column("certificate", Text),
    Column("signature", String(100)),
    CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
    info=about("nobody", "that somebody was forgotten: an opaque id that nothing else holds any more"),
)

erasure_place = Table(
    "erasure_place",
    metadata,
    Column("erasure_id", String(36), to("erasure.id"), primary_key=True),
    Column("place", String(40), primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("position", Integer, nullable=False),
    Column("found", Integer, nullable=False),
    Column("removed", Integer, nullable=False),
    Column("left", Integer),
    Column("at", BigInteger, nullable=False),
    info=about("nobody", "how many rows an erasure found and removed in a place"),
)
