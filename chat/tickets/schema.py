"""What is said with a contact."""

from __future__ import annotations

from sqlalchemy import (
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
    UniqueConstraint,
    text,
)

from chat.account.schema import add_settings
from chat.infra.store.columns import AGENT, about, metadata, personal, plain, serial, to
from chat.tickets.domain import MESSAGE_RATE

add_settings(MESSAGE_RATE)

STATUSES = ("open", "pending", "solved", "trash")
# In literal words: neither database takes an index of some rows for a query whose words are parameters.
IS_OPEN, IS_PENDING = text("ticket.status = 'open'"), text("ticket.status = 'pending'")
HAS_HELD, IS_SNOOZED = text("ticket.held > 0"), text("ticket.snoozed_until IS NOT NULL")
RUNS, WAITS = text("ticket.status IN ('open', 'pending')"), text("ticket.waiting_since IS NOT NULL")
HAS_PRIORITY, HAS_TAGS = text("ticket.priority <> 'none'"), text("ticket.tags IS NOT NULL")


def _some(name: str, where: str, *columns: str) -> Index:
    """Return an index of those rows alone that lists of what is still to be done read."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


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
    personal("assignee", ForeignKey("agent.id", ondelete="SET NULL"), "identifier", context=AGENT),
    personal("tags", LargeBinary, "custom-field", context="tags/{id}"),
    plain("last_seq", Integer, nullable=False, default=0),
    plain("last_note", Integer, nullable=False, default=0),
    plain("last_entry", Integer, nullable=False, default=0, server_default="0"),
    plain("held", Integer, nullable=False, default=0),
    plain("agent_read", Integer, nullable=False, default=0),
    plain("visitor_read", Integer, nullable=False, default=0),
    personal("rating", Integer, "rating"),
    personal("rating_comment", LargeBinary, "message", context="rating/{id}"),
    personal("created_at", BigInteger, "time", nullable=False),
    personal("updated_at", BigInteger, "time", nullable=False),
    plain("purged_at", BigInteger, index=True, inner=True),
    plain("department_id", String(36)),
    plain("priority", String(6), nullable=False, default="none", server_default="none"),
    # Since when the visitor waits for an answer; says nothing once the ticket has ended.
    personal("waiting_since", BigInteger, "time"),
    personal("snoozed_until", BigInteger, "time"),
    # What it says in the fields that its account defines, with the labels that these had then, as JSON.
    personal("fields", LargeBinary, "custom-field", context="fields/{id}"),
    UniqueConstraint("account_id", "number"),
    Index("ix_ticket_account_id_updated_at", "account_id", "updated_at"),
    Index("ix_ticket_account_id_status_updated_at", "account_id", "status", "updated_at"),
    _some("ix_ticket_open_assignee", "status = 'open'", "account_id", "assignee", "updated_at"),
    _some("ix_ticket_open_waiting", "status = 'open'", "account_id", "waiting_since"),
    _some("ix_ticket_snoozed", "snoozed_until IS NOT NULL", "snoozed_until"),
    _some("ix_ticket_held", "held > 0", "account_id", "updated_at"),
    # What anybody may keep as a view, in the order of lists.
    Index("ix_ticket_site_id_updated_at", "site_id", "updated_at"),
    Index("ix_ticket_department_id_updated_at", "department_id", "updated_at"),
    _some("ix_ticket_put_aside", "snoozed_until IS NOT NULL", "account_id", "updated_at"),
    _some(
        "ix_ticket_waiting", "waiting_since IS NOT NULL AND status IN ('open', 'pending')", "account_id", "updated_at"
    ),
    _some("ix_ticket_priority", "priority <> 'none'", "account_id", "priority", "updated_at"),
    _some("ix_ticket_tagged", "tags IS NOT NULL", "account_id", "updated_at"),
    CheckConstraint("status IN ('open', 'pending', 'solved', 'trash')", name="status"),
    CheckConstraint("held >= 0 AND held <= last_seq", name="held"),
    sqlite_autoincrement=True,
    info=about("contact", "to answer on one matter", basis="consent", kept="transcripts"),
)

# The key is the order of reading, and on SQLite the table itself, so that a message costs one more index and not two.
# `receipt_id` has no foreign key: it would need an index of its own for every erasure; receipts go only with their
# contact. A redaction is a row too: `target` is the message it emptied, `part` the attachment where it took only that.
# So is a change of a text: `target` is the message it changed, and both have an `edited_at`.
message = Table(
    "message",
    metadata,
    plain("ticket_id", serial, to("ticket.id"), primary_key=True, autoincrement=False),
    plain("seq", Integer, primary_key=True, autoincrement=False),
    plain("contact_id", to("contact.id"), nullable=False),
    plain("author", String(8), nullable=False),
    plain("cid", LargeBinary(16), nullable=False),
    personal("agent_id", String(36), "identifier", context=AGENT),
    plain("receipt_id", BigInteger, inner=True),
    personal("body", LargeBinary, "message", nullable=False, context="text/{author}"),
    personal("at", BigInteger, "time", nullable=False),
    personal("score", Float, "classification", purpose="to hold spam back", basis="interest"),
    plain("held", Boolean(create_constraint=False), nullable=False, default=False),
    personal("redacted_at", BigInteger, "time"),
    plain("target", Integer),
    plain("part", String(36)),
    personal("edited_at", BigInteger, "time"),
    UniqueConstraint("contact_id", "author", "cid"),
    CheckConstraint("author IN ('visitor', 'agent', 'system')", name="author"),
    CheckConstraint("author <> 'visitor' OR receipt_id IS NOT NULL", name="consent"),
    sqlite_with_rowid=False,
    info=about("contact", "what was said", basis="consent", kept="transcripts"),
)

# That a bulk change was made to a ticket, in the transaction that made it: sent again, it is made to the others alone.
bulk_change = Table(
    "bulk_change",
    metadata,
    Column("account_id", to("account.id"), primary_key=True),
    Column("id", String(36), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    info=about("nobody", "for a day, which tickets a bulk change was made to"),
)

# Until they look. It goes with the ticket and with the agent.
mention = Table(
    "mention",
    metadata,
    personal("agent_id", to("agent.id"), "identifier", primary_key=True, context=AGENT),
    plain("ticket_id", serial, to("ticket.id"), primary_key=True, autoincrement=False, index=True),
    plain("note", Integer, nullable=False),
    personal("at", BigInteger, "time", nullable=False),
    info=about("contact", "which agents a note names, until they look", basis="consent", kept="transcripts"),
)

note = Table(
    "note",
    metadata,
    plain("ticket_id", serial, to("ticket.id"), primary_key=True, autoincrement=False),
    plain("note", Integer, primary_key=True, autoincrement=False),
    plain("after_seq", Integer, nullable=False),
    plain("cid", LargeBinary(16), nullable=False),
    personal("agent_id", String(36), "identifier", nullable=False, context=AGENT),
    personal("body", LargeBinary, "message", nullable=False, context="text/note"),
    personal("at", BigInteger, "time", nullable=False),
    UniqueConstraint("ticket_id", "cid"),
    sqlite_with_rowid=False,
    info=about(
        "contact", "what agents note for answering", basis="consent", kept="transcripts", setting="export_notes"
    ),
)

# What was done with a ticket, for its agents. Who did it and whose it became are ids: who is deleted leaves no name.
system_entry = Table(
    "system_entry",
    metadata,
    plain("ticket_id", serial, to("ticket.id"), primary_key=True, autoincrement=False),
    plain("entry", Integer, primary_key=True),
    plain("after_seq", Integer, nullable=False),
    plain("kind", String(20), nullable=False),
    plain("author", String(8), nullable=False),
    personal("agent_id", String(36), "identifier", context=AGENT),
    personal("assignee", String(36), "identifier", context=AGENT),
    plain("department_id", String(36), inner=True),
    plain("number", Integer),
    personal("until_at", BigInteger, "time"),
    personal("tags", LargeBinary, "custom-field", context="system/{ticket_id}/{entry}"),
    personal("at", BigInteger, "time", nullable=False),
    CheckConstraint("author IN ('visitor', 'agent', 'system')", name="author"),
    sqlite_with_rowid=False,
    info=about("contact", "what was done with a ticket", basis="consent", kept="transcripts"),
)

# By which tags a ticket is found: `tag` is a keyed hash of one of those that are sealed in the ticket.
ticket_tag = Table(
    "ticket_tag",
    metadata,
    plain("ticket_id", serial, to("ticket.id"), primary_key=True, autoincrement=False),
    personal("tag", String(36), "custom-field", primary_key=True, withheld="a keyed hash of a tag that is given"),
    plain("account_id", to("account.id"), nullable=False),
    Index("ix_ticket_tag_account_id_tag_ticket_id", "account_id", "tag", "ticket_id"),
    sqlite_with_rowid=False,
    info=about("contact", "to find tickets by their tags", basis="consent", kept="transcripts"),
)

# A ticket that became a part of another, whose row is gone: its message `seq` is the other's `after_seq + seq` now, up
# to as many as it had. Who still names it, by number or key, is led there.
merged_ticket = Table(
    "merged_ticket",
    metadata,
    plain("was_id", serial, primary_key=True, autoincrement=False, inner=True),
    plain("account_id", to("account.id"), nullable=False),
    plain("number", Integer, nullable=False),
    plain("ticket_id", serial, to("ticket.id"), nullable=False, index=True),
    plain("after_seq", Integer, nullable=False),
    plain("messages", Integer, nullable=False),
    personal("merged_at", BigInteger, "time", nullable=False),
    UniqueConstraint("account_id", "number"),
    info=about("contact", "to lead from a ticket to the one it is part of", basis="consent", kept="transcripts"),
)
