"""
Every table, whom it is about, and what each personal column holds.

A table about a contact reaches `contact` by keys that cascade, and each column of a table about people is `_personal`,
with its category, or `_plain`. Texts of people are sealed: the bytes here are nothing without the key of their owner,
which is kept in a store of its own. `chat/store/places.py` reads all of this; `tests/test_places.py` holds it complete.
"""

from __future__ import annotations

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
    String,
    Table,
    Text,
    UniqueConstraint,
)

from chat.store.columns import about as _about
from chat.store.columns import metadata as metadata  # noqa: PLC0414 - the schema is found here
from chat.store.columns import personal as _personal
from chat.store.columns import plain as _plain
from chat.store.columns import serial as _serial
from chat.store.columns import to as _to
from chat.store.columns import uid as _id

STATUSES = ("open", "pending", "solved", "trash")
ENDED = ("solved", "trash")
ROLES = ("owner", "admin", "agent")

server = Table(
    "server",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("scrubbed_at", BigInteger, nullable=False, default=0, server_default="0"),
    info=_about("nobody", "one row about this database"),
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
    Column("grace_days", Integer, nullable=False, default=0),
    Column("consent_days", Integer, nullable=False, default=730),
    info=_about("nobody", "an organisation"),
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
    info=_about("nobody", "a website of an organisation"),
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
    info=_about("nobody", "what visitors are told; an agent's id at most"),
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
    info=_about("nobody", "what visitors are told"),
)

agent = Table(
    "agent",
    metadata,
    _id("identifier"),
    _plain("account_id", _to("account.id"), nullable=False, index=True),
    _personal("role", String(10), "role", nullable=False),
    _plain("key_slot", Integer, nullable=False),
    _personal("name", LargeBinary, "name", nullable=False),
    _personal("email", LargeBinary, "e-mail", nullable=False),
    _personal("email_hash", String(64), "e-mail", nullable=False, unique=True),
    _personal("password_hash", Text, "credential", nullable=False),
    _personal("created_at", BigInteger, "time", nullable=False),
    _personal("deactivated_at", BigInteger, "time"),
    CheckConstraint("role IN ('owner', 'admin', 'agent')", name="role"),
    info=_about(
        "agent",
        "a person who answers for the account",
        basis="contract",
        kept="as long as the account; sealed under the agent's own key",
    ),
)

session = Table(
    "session",
    metadata,
    _id(),
    _personal("agent_id", _to("agent.id"), "identifier", nullable=False, index=True),
    _personal("secret_hash", String(64), "credential", nullable=False, unique=True),
    _personal("created_at", BigInteger, "time", nullable=False),
    _personal("expires_at", BigInteger, "time", nullable=False),
    info=_about("agent", "that an agent is signed in", basis="contract", kept="14 days, or until signed out"),
)

token = Table(
    "token",
    metadata,
    _id(),
    _personal("agent_id", _to("agent.id"), "identifier", nullable=False, index=True),
    _personal("secret_hash", String(64), "credential", nullable=False, unique=True),
    _plain("name", Text, nullable=False),
    _personal("created_at", BigInteger, "time", nullable=False),
    _personal("revoked_at", BigInteger, "time"),
    info=_about(
        "agent", "a program that acts for an agent", basis="contract", kept="until revoked, and as long as the agent"
    ),
)

contact = Table(
    "contact",
    metadata,
    _plain("id", _serial, primary_key=True, autoincrement=True),
    _personal("uid", String(36), "identifier", nullable=False, unique=True),
    _plain("account_id", _to("account.id"), nullable=False, index=True),
    _plain("site_id", _to("site.id"), nullable=False),
    _plain("key_slot", Integer, nullable=False),
    _personal("name", LargeBinary, "name"),
    _personal("email", LargeBinary, "e-mail"),
    _personal("email_hash", String(64), "e-mail", purpose="to find a contact by address", index=True),
    _personal("locale", String(12), "locale", nullable=False),
    _personal("created_at", BigInteger, "time", nullable=False),
    _plain("receipt_id", BigInteger),
    _plain("notice_version", Integer),
    sqlite_autoincrement=True,
    info=_about("contact", "to answer whoever writes in", basis="consent", kept="contacts"),
)

receipt = Table(
    "receipt",
    metadata,
    _plain("id", _serial, primary_key=True, autoincrement=True),
    _personal("uid", String(36), "identifier", nullable=False, unique=True),
    _plain("contact_id", _to("contact.id"), nullable=False, index=True),
    _personal("action", String(10), "consent", nullable=False),
    _plain("notice_version", Integer, nullable=False),
    _personal("locale", String(12), "locale", nullable=False),
    _personal("purposes", JSON, "consent", nullable=False),
    _personal("at", BigInteger, "time", nullable=False),
    _personal("document", Text, "consent", nullable=False),
    _plain("signature", String(100), nullable=False),
    CheckConstraint("action IN ('given', 'renewed', 'withdrawn', 'expired')", name="action"),
    sqlite_autoincrement=True,
    info=_about("contact", "to prove consent and its withdrawal", basis="duty", kept="contacts"),
)

ticket = Table(
    "ticket",
    metadata,
    _plain("id", _serial, primary_key=True, autoincrement=True),
    _plain("account_id", _to("account.id"), nullable=False),
    _plain("number", Integer, nullable=False),
    _plain("contact_id", _to("contact.id"), nullable=False, index=True),
    _plain("site_id", _to("site.id"), nullable=False),
    _plain("status", String(10), nullable=False, default="open"),
    _personal("assignee", ForeignKey("agent.id", ondelete="SET NULL"), "identifier"),
    _personal("tags", JSON, "custom-field", nullable=False),
    _plain("last_seq", Integer, nullable=False, default=0),
    _plain("last_note", Integer, nullable=False, default=0),
    _plain("held", Integer, nullable=False, default=0),
    _plain("agent_read", Integer, nullable=False, default=0),
    _plain("visitor_read", Integer, nullable=False, default=0),
    _personal("rating", Integer, "rating"),
    _personal("rating_comment", LargeBinary, "message"),
    _personal("created_at", BigInteger, "time", nullable=False),
    _personal("updated_at", BigInteger, "time", nullable=False),
    _plain("purged_at", BigInteger, index=True),
    UniqueConstraint("account_id", "number"),
    Index("ix_ticket_account_id_updated_at", "account_id", "updated_at"),
    CheckConstraint("status IN ('open', 'pending', 'solved', 'trash')", name="status"),
    CheckConstraint("held >= 0 AND held <= last_seq", name="held"),
    sqlite_autoincrement=True,
    info=_about("contact", "to answer on one matter", basis="consent", kept="transcripts"),
)

# The key is the order of reading, and on SQLite the table itself, so that a message costs one more index and not two.
# `receipt_id` has no foreign key: it would need an index of its own for every erasure; receipts go only with their
# contact. A redaction is a row too: `target` is the message it emptied, `part` the attachment where it took only that.
message = Table(
    "message",
    metadata,
    _plain("ticket_id", _serial, _to("ticket.id"), primary_key=True, autoincrement=False),
    _plain("seq", Integer, primary_key=True, autoincrement=False),
    _plain("contact_id", _to("contact.id"), nullable=False),
    _plain("author", String(8), nullable=False),
    _plain("cid", LargeBinary(16), nullable=False),
    _personal("agent_id", String(36), "identifier"),
    _plain("receipt_id", BigInteger),
    _personal("body", LargeBinary, "message", nullable=False),
    _personal("at", BigInteger, "time", nullable=False),
    _personal("score", Float, "classification", purpose="to hold spam back", basis="interest"),
    _plain("held", Boolean(create_constraint=False), nullable=False, default=False),
    _personal("redacted_at", BigInteger, "time"),
    _plain("target", Integer),
    _plain("part", String(36)),
    UniqueConstraint("contact_id", "author", "cid"),
    CheckConstraint("author IN ('visitor', 'agent', 'system')", name="author"),
    CheckConstraint("author <> 'visitor' OR receipt_id IS NOT NULL", name="consent"),
    sqlite_with_rowid=False,
    info=_about("contact", "what was said", basis="consent", kept="transcripts"),
)

note = Table(
    "note",
    metadata,
    _plain("ticket_id", _serial, _to("ticket.id"), primary_key=True, autoincrement=False),
    _plain("note", Integer, primary_key=True, autoincrement=False),
    _plain("after_seq", Integer, nullable=False),
    _plain("cid", LargeBinary(16), nullable=False),
    _personal("agent_id", String(36), "identifier", nullable=False),
    _personal("body", LargeBinary, "message", nullable=False),
    _personal("at", BigInteger, "time", nullable=False),
    UniqueConstraint("ticket_id", "cid"),
    sqlite_with_rowid=False,
    info=_about("contact", "what agents note for answering", basis="consent", kept="transcripts"),
)

# Of a message nothing but numbers: the features, hashed under the account's key, sealed under the contact's.
label = Table(
    "label",
    metadata,
    _plain("ticket_id", _serial, _to("ticket.id"), primary_key=True, autoincrement=False),
    _plain("seq", Integer, primary_key=True, autoincrement=False),
    _plain("contact_id", _serial, _to("contact.id"), nullable=False, index=True),
    _personal("spam", Boolean(create_constraint=False), "classification", nullable=False),
    _personal("features", LargeBinary, "classification", nullable=False),
    _personal("agent_id", String(36), "identifier", nullable=False),
    _personal("at", BigInteger, "time", nullable=False),
    info=_about("contact", "to teach the spam filter", basis="consent", kept="training labels"),
)

hold = Table(
    "hold",
    metadata,
    _id(),
    _plain("contact_id", _to("contact.id"), nullable=False, unique=True),
    _personal("reason", LargeBinary, "message", nullable=False),
    _personal("agent_id", String(36), "identifier", nullable=False),
    _personal("placed_at", BigInteger, "time", nullable=False),
    _plain("expires_at", BigInteger, nullable=False, index=True),
    info=_about(
        "contact", "to keep what a legal claim needs", basis="claims", kept="until the day it names, 10 years at most"
    ),
)

# The bytes are in files; each has a key of its own here, sealed under its contact's. Until a message names it `seq` is
# null, and it goes after a day.
attachment = Table(
    "attachment",
    metadata,
    _id(),
    _plain("contact_id", _to("contact.id"), nullable=False, index=True),
    _plain("ticket_id", _to("ticket.id"), index=True),
    _plain("seq", Integer),
    _plain("author", String(8), nullable=False),
    _plain("blob", String(43), nullable=False, unique=True),
    _personal("name", LargeBinary, "attachment", nullable=False),
    _personal("file_key", LargeBinary, "attachment", nullable=False),
    _plain("type", String(40), nullable=False),
    _plain("size", Integer, nullable=False),
    _plain("preview", Boolean(create_constraint=False), nullable=False, default=False),
    _personal("created_at", BigInteger, "time", nullable=False),
    CheckConstraint("author IN ('visitor', 'agent')", name="author"),
    info=_about("contact", "files sent to be answered", basis="consent", kept="transcripts"),
)

# Mail on its way: gone once it is delivered or refused for good. `letter` is sealed under the contact's key.
outbox = Table(
    "outbox",
    metadata,
    _id(),
    _plain("contact_id", _to("contact.id"), nullable=False, index=True),
    _personal("letter", LargeBinary, "message", nullable=False),
    _plain("tries", Integer, nullable=False, default=0),
    _plain("due_at", BigInteger, nullable=False, index=True),
    _personal("created_at", BigInteger, "time", nullable=False),
    info=_about("contact", "mail the contact asked for", basis="consent", kept="until delivered, a day at most"),
)

erasure = Table(
    "erasure",
    metadata,
    _id(),
    Column("account_id", _to("account.id"), nullable=False, index=True),
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
    info=_about("nobody", "that somebody was forgotten: an opaque id that nothing else holds any more"),
)

erasure_place = Table(
    "erasure_place",
    metadata,
    Column("erasure_id", String(36), _to("erasure.id"), primary_key=True),
    Column("place", String(40), primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("position", Integer, nullable=False),
    Column("found", Integer, nullable=False),
    Column("removed", Integer, nullable=False),
    Column("left", Integer),
    Column("at", BigInteger, nullable=False),
    info=_about("nobody", "how many rows an erasure found and removed in a place"),
)
