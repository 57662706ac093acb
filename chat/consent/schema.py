"""Notices, and the receipts of who agreed to them."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, Integer, String, Table, Text, UniqueConstraint

from chat.account.schema import add_settings
from chat.consent.domain import AGREEMENT_RATE, CONSENT_DAYS
from chat.infra.store.columns import about, metadata, personal, plain, serial, to, uid

add_settings(AGREEMENT_RATE, CONSENT_DAYS)

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

notice = Table(
    "notice",
    metadata,
    uid(),
    Column("account_id", to("account.id"), nullable=False),
    # Whose own it is, NULL where it is the account's. All are numbered in one row: who agreed to a version agreed to
    # that notice and to no other site's. No key leads there: a site's row always stays, and for a key SQLite would copy
    # the table, and drop the first with its texts.
    Column("site_id", String(36)),
    Column("version", Integer, nullable=False),
    Column("published_at", BigInteger, nullable=False),
    Column("published_by", String(36)),
    UniqueConstraint("account_id", "version"),
    info=about("nobody", "what visitors are told; an agent's id at most"),
)

notice_text = Table(
    "notice_text",
    metadata,
    Column("notice_id", to("notice.id"), primary_key=True),
    Column("locale", String(12), primary_key=True),
    Column("text", Text, nullable=False),
    Column("privacy_url", Text, nullable=False),
    Column("chat_label", Text, nullable=False),
    Column("training_label", Text, nullable=False),
    Column("mail_label", Text, nullable=False, default="", server_default=""),
    Column("sha256", String(64), nullable=False),
    info=about("nobody", "what visitors are told"),
)
