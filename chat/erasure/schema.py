"""Erasure requests, what each found and removed, and who is told of it."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, Integer, LargeBinary, String, Table, Text

from chat.account.schema import add_settings
from chat.erasure.domain.settings import GRACE_DAYS
from chat.infra.store.columns import AGENT, about, metadata, personal, plain, to, uid

add_settings(GRACE_DAYS)

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

# What an agent asks for who may not erase by themselves. It goes with the contact, and when it is confirmed.
erasure_ask = Table(
    "erasure_ask",
    metadata,
    uid(),
    plain("account_id", to("account.id"), nullable=False, index=True),
    plain("contact_id", to("contact.id"), nullable=False, unique=True),
    personal("agent_id", String(36), "identifier", nullable=False, context=AGENT),
    personal("requested_at", BigInteger, "time", nullable=False),
    personal("refused_by", String(36), "identifier", context=AGENT),
    personal("refused_at", BigInteger, "time"),
    personal("reason", LargeBinary, "message", context="erasure-ask/{id}"),
    info=about(
        "contact",
        "that an agent asked for the erasure, and why it was refused",
        basis="duty",
        kept="until it is confirmed, or the contact is erased",
    ),
)

# No foreign keys to contact and key: the request stays when they are gone, to say that they are. Where the `subject` is
# an agent, `contact_uid` is theirs, `contact_id` is 0, and their tickets go to the agent `heir`.
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
    Column("subject", String(10), nullable=False, default="contact", server_default="contact"),
    Column("heir", String(36)),
    Column("person", String(36), index=True),  # of all requests that were filed for one person's contacts
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
