"""Receipts, holds, erasures, and the log of who did what."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    false,
)

from chat.store.schema.columns import AGENT, about, mac, metadata, personal, plain, serial, to, uid

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
    personal(
        "reason",
        LargeBinary,
        "message",
        nullable=False,
        withheld="what the account notes for a legal claim, Art. 15(4) GDPR",
    ),
    personal("agent_id", String(36), "identifier", nullable=False, place=AGENT),
    personal("placed_at", BigInteger, "time", nullable=False),
    plain("expires_at", BigInteger, nullable=False, index=True),
    info=about(
        "contact", "to keep what a legal claim needs", basis="claims", kept="until the day it names, 10 years at most"
    ),
)

# A mailed way to one's own data, one row for each contact it covers; `secret_hash` is that of 256 random bits. Opening
# it changes the secret, so a link works once. `opened` tells the two apart. Opening it has the `transcript` mailed of
# the contact who asked for that: only then is it known whose address it is.
link = Table(
    "link",
    metadata,
    plain("secret_hash", String(64), primary_key=True, inner=True),
    plain("contact_id", serial, to("contact.id"), primary_key=True, autoincrement=False, index=True),
    plain("opened", Boolean(create_constraint=False), nullable=False, default=False),
    plain("transcript", Boolean(create_constraint=False), nullable=False, default=False, server_default=false()),
    personal("expires_at", BigInteger, "time", nullable=False, index=True),
    mac(),
    info=about(
        "contact",
        "to know whose mailbox asked",
        basis="duty",
        kept="an hour",
        saved=False,
        bound=("secret_hash", "contact_id", "opened", "expires_at"),
    ),
)

# What was sent to whom (Art. 19). `recipient` is a keyed hash of an address, or an id; `address` is sealed, and kept
# only of those who are not the contact: they are told of an erasure.
disclosure = Table(
    "disclosure",
    metadata,
    uid(),
    plain("contact_id", to("contact.id"), nullable=False, index=True),
    plain("kind", String(10), nullable=False),
    personal("recipient", String(64), "e-mail", nullable=False, withheld="a keyed hash of an address"),
    personal("address", LargeBinary, "e-mail", place="sent/{id}"),
    plain("categories", JSON, nullable=False),
    personal("at", BigInteger, "time", nullable=False),
    info=about("contact", "to tell those who were sent data", basis="duty", kept="contacts"),
)

# Whom an erasure has to tell. `letters` are the ids of what they were sent; `address` is sealed under the server's own
# key and gone once they were told.
recipient = Table(
    "recipient",
    metadata,
    plain("erasure_id", String(36), to("erasure.id"), primary_key=True),
    plain("recipient", String(64), primary_key=True),
    plain("kind", String(10), nullable=False),
    plain("letters", JSON, nullable=False),
    personal("address", LargeBinary, "e-mail"),
    plain("due_at", BigInteger, nullable=False),
    plain("tries", Integer, nullable=False, default=0),
    plain("told_at", BigInteger),
    info=about(
        "recipient",
        "to tell who was sent data that it is to be deleted",
        basis="duty",
        kept="until told, a day at most",
    ),
)

# The file lies in the folder `exports`, under a key of its own that is sealed here. Whoever builds it has it until
# `leased_until`, and names the file anew: what a killed build left is found by no row.
export = Table(
    "export",
    metadata,
    uid(),
    plain("contact_id", to("contact.id"), nullable=False, index=True),
    plain("source", String(10), nullable=False),
    plain("state", String(10), nullable=False, default="queued"),
    plain("done", Integer, nullable=False, default=0, inner=True),
    plain("total", Integer, nullable=False, default=0, inner=True),
    plain("tries", Integer, nullable=False, default=0, inner=True),
    plain("blob", String(43), unique=True, inner=True),
    personal("file_key", LargeBinary, "attachment", withheld="opens an archive like this one"),
    plain("size", BigInteger, nullable=False, default=0),
    plain("leased_until", BigInteger, nullable=False, default=0, inner=True),
    personal("requested_at", BigInteger, "time", nullable=False),
    personal("done_at", BigInteger, "time"),
    plain("expires_at", BigInteger, nullable=False, index=True),
    CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
    info=about(
        "contact",
        "to hand over what is held, Art. 15 and 20 GDPR",
        basis="access",
        kept="exports",
        saved=False,
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
    Column("begun", String(64), index=True),  # so that a late repetition of the agreement brings nobody back
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
