"""What teaches the spam filter."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, String, Table

from chat.store.schema.columns import about, metadata, personal, plain, serial, to

# Of a message nothing but numbers: the features, hashed under the account's key, sealed under the contact's.
label = Table(
    "label",
    metadata,
    plain("ticket_id", serial, to("ticket.id"), primary_key=True, autoincrement=False),
    plain("seq", Integer, primary_key=True, autoincrement=False),
    plain("contact_id", serial, to("contact.id"), nullable=False, index=True),
    personal("spam", Boolean(create_constraint=False), "classification", nullable=False),
    personal("features", LargeBinary, "classification", nullable=False),
    personal("agent_id", String(36), "identifier", nullable=False),
    personal("at", BigInteger, "time", nullable=False),
    info=about("contact", "to teach the spam filter", basis="consent", kept="training labels"),
)
