"""Endpoints of an account's programs, and what each is told."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table, Text

from chat.infra.store.columns import about, mac, metadata, personal, plain, serial, to

# The URL, the kinds and the grant are bound: who can write the database must not lead data elsewhere. Secrets are
# sealed under the server's own key; the old one is good until `old_until` beside the new one.
webhook = Table(
    "webhook",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account_id", String(36), to("account.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("events", Text, nullable=False),
    Column("visitor_data", Boolean(create_constraint=False), nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("old_secret", LargeBinary),
    Column("old_until", BigInteger),
    Column("state", String(10), nullable=False),
    Column("paused_by", String(10)),
    Column("failing_since", BigInteger),
    Column("busy_until", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    mac(),
    info=about(
        "nobody",
        "programs of the organisation that are told what happens",
        bound=("id", "account_id", "url", "events", "visitor_data", "secret", "old_secret", "old_until"),
    ),
)

# What an endpoint is told, in ids alone: texts and names are read when it is sent. `uid` is the message's id, `lane`
# within which the order is kept. It goes with the contact, so that nothing is sent of who was erased.
webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    plain("id", serial, primary_key=True, inner=True),
    plain("uid", String(36), nullable=False, unique=True),
    plain("webhook_id", String(36), to("webhook.id"), nullable=False),
    plain("contact_id", BigInteger, to("contact.id"), index=True),
    plain("event_id", String(36), nullable=False, inner=True),
    plain("kind", String(40), nullable=False),
    plain("ticket", Integer),
    plain("lane", String(40), nullable=False, inner=True),
    plain("more", JSON, nullable=False, inner=True),
    personal("at", BigInteger, "time", nullable=False),
    plain("state", String(10), nullable=False),
    plain("due_at", BigInteger, nullable=False, inner=True),
    plain("tries", Integer, nullable=False, inner=True),
    plain("tried_at", BigInteger, inner=True),
    plain("status", Integer, inner=True),
    plain("why", String(12), inner=True),
    plain("took", Integer, inner=True),
    plain("size", Integer, inner=True),
    Index("ix_webhook_delivery_lane", "webhook_id", "lane", "id"),
    Index("ix_webhook_delivery_due", "state", "due_at"),
    info=about(
        "contact",
        "to tell the organisation's own programs what happens",
        basis="consent",
        kept="two weeks",
        saved=False,  # a restore must not tell again what was told
    ),
)
