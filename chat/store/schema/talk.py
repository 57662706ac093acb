"""Contacts and what is said with them."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from chat.store.schema.columns import AGENT, about, mac, metadata, personal, plain, serial, to, uid

STATUSES = ("open", "pending", "solved", "trash")
ENDED = ("solved", "trash")

contact = Table(
    "contact",
    metadata,
    plain("id", serial, primary_key=True, autoincrement=True),
    personal("uid", String(36), "identifier", nullable=False, unique=True),
    plain("account_id", to("account.id"), nullable=False, index=True),
    plain("site_id", to("site.id"), nullable=False),
    plain("key_slot", Integer, nullable=False, inner=True),
    personal("name", LargeBinary, "name", place="name"),
    personal("email", LargeBinary, "e-mail", place="email"),
    personal(
        "email_hash",
        String(64),
        "e-mail",
        purpose="to find a contact by address",
        withheld="a keyed hash of the address that is given",
        index=True,
    ),
    personal("phone", LargeBinary, "phone", place="phone"),
    personal("fields", LargeBinary, "custom-field", place="fields"),
    personal("locale", String(12), "locale", nullable=False),
    personal("created_at", BigInteger, "time", nullable=False),
    plain("receipt_id", BigInteger, inner=True),
    plain("notice_version", Integer),
    personal("emptied_at", BigInteger, "time", purpose="to keep a contact no longer than the last ticket needs"),
    personal(
        "begun",
        String(64),
        "identifier",
        purpose="to agree once where the answer was lost",
        withheld="a keyed hash of the random id that the browser agreed with",
        index=True,
        unique=True,
    ),
    mac(),
    sqlite_autoincrement=True,
    info=about(
        "contact",
        "to answer whoever writes in",
        basis="consent",
        kept="contacts",
        bound=("id", "uid", "account_id", "email_hash"),
    ),
)

# `department_id` has no foreign key; deleting a department empties it. SQLite gives one to a table that is there by
# making the table anew only, and dropping the old one takes every message along, as they cascade.
ticket = Table(
    "ticket",
    metadata,
    plain("id", serial, primary_key=True, autoincrement=True),
    plain("account_id", to("account.id"), nullable=False),
    plain("number", Integer, nullable=False),
    plain("contact_id", to("contact.id"), nullable=False, index=True),
    plain("site_id", to("site.id"), nullable=False),
    plain("status", String(10), nullable=False, default="open"),
    personal("assignee", ForeignKey("agent.id", ondelete="SET NULL"), "identifier", place=AGENT),
    personal("tags", JSON, "custom-field", nullable=False),
    plain("last_seq", Integer, nullable=False, default=0),
    plain("last_note", Integer, nullable=False, default=0),
    plain("held", Integer, nullable=False, default=0),
    plain("agent_read", Integer, nullable=False, default=0),
    plain("visitor_read", Integer, nullable=False, default=0),
    personal("rating", Integer, "rating"),
    personal("rating_comment", LargeBinary, "message", place="rating/{id}"),
    personal("created_at", BigInteger, "time", nullable=False),
    personal("updated_at", BigInteger, "time", nullable=False),
    plain("purged_at", BigInteger, index=True, inner=True),
    plain("department_id", String(36), index=True),
    UniqueConstraint("account_id", "number"),
    Index("ix_ticket_account_id_updated_at", "account_id", "updated_at"),
    CheckConstraint("status IN ('open', 'pending', 'solved', 'trash')", name="status"),
    CheckConstraint("held >= 0 AND held <= last_seq", name="held"),
    sqlite_autoincrement=True,
    info=about("contact", "to answer on one matter", basis="consent", kept="transcripts"),
)

# The key is the order of reading, and on SQLite the table itself, so that a message costs one more index and not two.
# `receipt_id` has no foreign key: it would need an index of its own for every erasure; receipts go only with their
# contact. A redaction is a row too: `target` is the message it emptied, `part` the attachment where it took only that.
message = Table(
    "message",
    metadata,
    plain("ticket_id", serial, to("ticket.id"), primary_key=True, autoincrement=False),
    plain("seq", Integer, primary_key=True, autoincrement=False),
    plain("contact_id", to("contact.id"), nullable=False),
    plain("author", String(8), nullable=False),
    plain("cid", LargeBinary(16), nullable=False),
    personal("agent_id", String(36), "identifier", place=AGENT),
    plain("receipt_id", BigInteger, inner=True),
    personal("body", LargeBinary, "message", nullable=False, place="text/{author}"),
    personal("at", BigInteger, "time", nullable=False),
    personal("score", Float, "classification", purpose="to hold spam back", basis="interest"),
    plain("held", Boolean(create_constraint=False), nullable=False, default=False),
    personal("redacted_at", BigInteger, "time"),
    plain("target", Integer),
    plain("part", String(36)),
    UniqueConstraint("contact_id", "author", "cid"),
    CheckConstraint("author IN ('visitor', 'agent', 'system')", name="author"),
    CheckConstraint("author <> 'visitor' OR receipt_id IS NOT NULL", name="consent"),
    sqlite_with_rowid=False,
    info=about("contact", "what was said", basis="consent", kept="transcripts"),
)

note = Table(
    "note",
    metadata,
    plain("ticket_id", serial, to("ticket.id"), primary_key=True, autoincrement=False),
    plain("note", Integer, primary_key=True, autoincrement=False),
    plain("after_seq", Integer, nullable=False),
    plain("cid", LargeBinary(16), nullable=False),
    personal("agent_id", String(36), "identifier", nullable=False, place=AGENT),
    personal("body", LargeBinary, "message", nullable=False, place="text/note"),
    personal("at", BigInteger, "time", nullable=False),
    UniqueConstraint("ticket_id", "cid"),
    sqlite_with_rowid=False,
    info=about(
        "contact", "what agents note for answering", basis="consent", kept="transcripts", setting="export_notes"
    ),
)

# The bytes are in files; each has a key of its own here, sealed under its contact's. Until a message names it `seq` is
# null, and it goes after a day.
attachment = Table(
    "attachment",
    metadata,
    uid(),
    plain("contact_id", to("contact.id"), nullable=False, index=True),
    plain("ticket_id", to("ticket.id"), index=True),
    plain("seq", Integer),
    plain("author", String(8), nullable=False),
    plain("blob", String(43), nullable=False, unique=True, inner=True),
    personal("name", LargeBinary, "attachment", nullable=False, place="attachment/{id}/name"),
    personal(
        "file_key", LargeBinary, "attachment", nullable=False, withheld="opens the file, which itself is in the archive"
    ),
    plain("type", String(40), nullable=False),
    plain("size", Integer, nullable=False),
    plain("preview", Boolean(create_constraint=False), nullable=False, default=False),
    plain("width", Integer),
    plain("height", Integer),
    personal("created_at", BigInteger, "time", nullable=False),
    CheckConstraint("author IN ('visitor', 'agent')", name="author"),
    info=about("contact", "files sent to be answered", basis="consent", kept="attachments"),
)

# Mail on its way: gone once it is delivered or refused for good. `letter` is sealed under the contact's key.
outbox = Table(
    "outbox",
    metadata,
    uid(),
    plain("contact_id", to("contact.id"), nullable=False, index=True),
    personal("letter", LargeBinary, "message", nullable=False, place="letter/{id}"),
    plain("tries", Integer, nullable=False, default=0, inner=True),
    plain("due_at", BigInteger, nullable=False, index=True, inner=True),
    personal("created_at", BigInteger, "time", nullable=False),
    info=about(
        "contact", "mail the contact asked for", basis="consent", kept="until delivered, a day at most", saved=False
    ),
)
