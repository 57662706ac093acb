"""
Every table, whom it is about, and what each personal column holds.

A table either reaches `contact` by keys that cascade, or says in its `info` about whom it is instead and why. Texts
of people are sealed: the bytes here are nothing without the key of their owner, which is kept in a store of its own.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

STATUSES = ("open", "pending", "solved", "trash")
ENDED = ("solved", "trash")
ROLES = ("owner", "admin", "agent")

_serial = BigInteger().with_variant(Integer, "sqlite")


def _id() -> Column[str]:
    return Column("id", String(36), primary_key=True)


def _to(target: str, *, cascade: bool = True, **options: Any) -> ForeignKey:
    return ForeignKey(target, ondelete="CASCADE" if cascade else None, **options)


def _personal(name: str, kind: Any, category: str, **options: Any) -> Column[Any]:
    return Column(name, kind, info={"personal": category}, **options)


server = Table(
    "server",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    info={"about": "nobody", "why": "one row about this database"},
)

account = Table(
    "account",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("tickets", Integer, nullable=False, default=0),
    Column("notice_version", Integer),
    Column("message_rate", Integer, nullable=False, default=120),
    info={"about": "nobody", "why": "an organisation"},
)

site = Table(
    "site",
    metadata,
    _id(),
    Column("account_id", _to("account.id"), nullable=False, index=True),
    Column("key", String(40), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("origins", JSON, nullable=False),
    Column("color", String(7), nullable=False),
    Column("fields", JSON, nullable=False),
    Column("alternative", Text, nullable=False, default=""),
    Column("created_at", BigInteger, nullable=False),
    info={"about": "nobody", "why": "a website of an organisation"},
)

notice = Table(
    "notice",
    metadata,
    _id(),
    Column("account_id", _to("account.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("published_at", BigInteger, nullable=False),
    Column("published_by", String(36)),
    UniqueConstraint("account_id", "version"),
    info={"about": "nobody", "why": "what visitors are told; an agent's id at most"},
)

notice_text = Table(
    "notice_text",
    metadata,
    Column("notice_id", _to("notice.id"), primary_key=True),
    Column("locale", String(12), primary_key=True),
    Column("text", Text, nullable=False),
    Column("privacy_url", Text, nullable=False),
    Column("chat_label", Text, nullable=False),
    Column("training_label", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    info={"about": "nobody", "why": "what visitors are told"},
)

agent = Table(
    "agent",
    metadata,
    _id(),
    Column("account_id", _to("account.id"), nullable=False, index=True),
    Column("role", String(10), nullable=False),
    Column("key_slot", Integer, nullable=False),
    _personal("name", LargeBinary, "name", nullable=False),
    _personal("email", LargeBinary, "e-mail", nullable=False),
    _personal("email_hash", String(64), "e-mail", nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("deactivated_at", BigInteger),
    CheckConstraint("role IN ('owner', 'admin', 'agent')", name="role"),
    info={
        "about": "agent",
        "why": "a person of the account, under the account's contract with them",
    },
)

session = Table(
    "session",
    metadata,
    _id(),
    Column("agent_id", _to("agent.id"), nullable=False, index=True),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    info={"about": "agent", "why": "that an agent is signed in"},
)

token = Table(
    "token",
    metadata,
    _id(),
    Column("agent_id", _to("agent.id"), nullable=False, index=True),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    info={"about": "agent", "why": "a program that acts for an agent"},
)

contact = Table(
    "contact",
    metadata,
    Column("id", _serial, primary_key=True, autoincrement=True),
    Column("uid", String(36), nullable=False, unique=True),
    Column("account_id", _to("account.id"), nullable=False, index=True),
    Column("site_id", _to("site.id"), nullable=False),
    Column("key_slot", Integer, nullable=False),
    _personal("name", LargeBinary, "name"),
    _personal("email", LargeBinary, "e-mail"),
    _personal("email_hash", String(64), "e-mail", index=True),
    Column("locale", String(12), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("receipt_id", BigInteger),
    Column("notice_version", Integer),
    sqlite_autoincrement=True,
)

receipt = Table(
    "receipt",
    metadata,
    Column("id", _serial, primary_key=True, autoincrement=True),
    Column("uid", String(36), nullable=False, unique=True),
    Column("contact_id", _to("contact.id"), nullable=False, index=True),
    Column("action", String(10), nullable=False),
    Column("notice_version", Integer, nullable=False),
    Column("locale", String(12), nullable=False),
    Column("purposes", JSON, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    Column("signature", String(100), nullable=False),
    CheckConstraint("action IN ('given', 'renewed', 'withdrawn')", name="action"),
    sqlite_autoincrement=True,
)

ticket = Table(
    "ticket",
    metadata,
    Column("id", _serial, primary_key=True, autoincrement=True),
    Column("account_id", _to("account.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("contact_id", _to("contact.id"), nullable=False, index=True),
    Column("site_id", _to("site.id"), nullable=False),
    Column("status", String(10), nullable=False, default="open"),
    Column("assignee", ForeignKey("agent.id", ondelete="SET NULL")),
    Column("tags", JSON, nullable=False),
    Column("last_seq", Integer, nullable=False, default=0),
    Column("last_note", Integer, nullable=False, default=0),
    Column("held", Integer, nullable=False, default=0),
    Column("agent_read", Integer, nullable=False, default=0),
    Column("visitor_read", Integer, nullable=False, default=0),
    Column("rating", Integer),
    _personal("rating_comment", LargeBinary, "message"),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("purged_at", BigInteger, index=True),
    UniqueConstraint("account_id", "number"),
    Index("ix_ticket_account_id_updated_at", "account_id", "updated_at"),
    CheckConstraint("status IN ('open', 'pending', 'solved', 'trash')", name="status"),
    CheckConstraint("held >= 0 AND held <= last_seq", name="held"),
    sqlite_autoincrement=True,
)

# The key is the order of reading, and on SQLite the table itself, so that a message costs one more index and not two.
# `receipt_id` has no foreign key: it would need an index of its own for every erasure; receipts go only with their
# contact. A redaction is a row too: `target` is the message it emptied, `part` the attachment where it took only that.
message = Table(
    "message",
    metadata,
    Column("ticket_id", _serial, _to("ticket.id"), primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("contact_id", _to("contact.id"), nullable=False),
    Column("author", String(8), nullable=False),
    Column("cid", LargeBinary(16), nullable=False),
    Column("agent_id", String(36)),
    Column("receipt_id", BigInteger),
    _personal("body", LargeBinary, "message", nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("score", Float),
    Column("held", Boolean(create_constraint=False), nullable=False, default=False),
    Column("redacted_at", BigInteger),
    Column("target", Integer),
    Column("part", String(36)),
    UniqueConstraint("contact_id", "author", "cid"),
    CheckConstraint("author IN ('visitor', 'agent', 'system')", name="author"),
    CheckConstraint("author <> 'visitor' OR receipt_id IS NOT NULL", name="consent"),
    sqlite_with_rowid=False,
)

note = Table(
    "note",
    metadata,
    Column("ticket_id", _serial, _to("ticket.id"), primary_key=True, autoincrement=False),
    Column("note", Integer, primary_key=True, autoincrement=False),
    Column("after_seq", Integer, nullable=False),
    Column("cid", LargeBinary(16), nullable=False),
    Column("agent_id", String(36), nullable=False),
    _personal("body", LargeBinary, "message", nullable=False),
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("ticket_id", "cid"),
    sqlite_with_rowid=False,
)

# The bytes are in files; each has a key of its own here, sealed under its contact's. Until a message names it `seq` is
# null, and it goes after a day.
attachment = Table(
    "attachment",
    metadata,
    _id(),
    Column("contact_id", _to("contact.id"), nullable=False, index=True),
    Column("ticket_id", _to("ticket.id"), index=True),
    Column("seq", Integer),
    Column("author", String(8), nullable=False),
    Column("blob", String(43), nullable=False, unique=True),
    _personal("name", LargeBinary, "attachment", nullable=False),
    _personal("file_key", LargeBinary, "attachment", nullable=False),
    Column("type", String(40), nullable=False),
    Column("size", Integer, nullable=False),
    Column("preview", Boolean(create_constraint=False), nullable=False, default=False),
    Column("created_at", BigInteger, nullable=False),
    CheckConstraint("author IN ('visitor', 'agent')", name="author"),
)

# Mail on its way: gone once it is delivered or refused for good. `letter` is sealed under the contact's key.
outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("contact_id", _to("contact.id"), nullable=False, index=True),
    _personal("letter", LargeBinary, "message", nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("due_at", BigInteger, nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
)

erasure = Table(
    "erasure",
    metadata,
    _id(),
    Column("account_id", _to("account.id"), nullable=False, index=True),
    Column("contact_uid", String(36), nullable=False, unique=True),
    Column("key_slot", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("requested_at", BigInteger, nullable=False),
    Column("done_at", BigInteger),
    CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
    info={
        "about": "nobody",
        "why": "that somebody was forgotten: an opaque id that nothing else holds any more",
    },
)
