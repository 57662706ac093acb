"""Accounts and the agents who answer for them."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from chat.store.schema.columns import about, mac, metadata, personal, plain, to, uid

ROLES = ("owner", "admin", "agent")

account = Table(
    "account",
    metadata,
    uid(),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("tickets", Integer, nullable=False, default=0),
    Column("notice_version", Integer),
    Column("message_rate", Integer, nullable=False, default=120),
    Column("agreement_rate", Integer, nullable=False, default=30, server_default="30"),
    Column("grace_days", Integer, nullable=False, default=0),
    Column("consent_days", Integer, nullable=False, default=730),
    Column("retention", JSON, nullable=False, default={}, server_default="{}"),
    Column(
        "export_agent_names", Boolean(create_constraint=False), nullable=False, default=False, server_default=false()
    ),
    Column("export_notes", Boolean(create_constraint=False), nullable=False, default=False, server_default=false()),
    Column("ham_held", Float, nullable=False, default=0.002, server_default="0.002"),
    info=about("nobody", "an organisation"),
)

# `retention` holds days by rule, only those that differ: of an account from the rules' defaults, of a department from
# its account.
department = Table(
    "department",
    metadata,
    uid(),
    Column("account_id", to("account.id"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("retention", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("account_id", "name"),
    info=about("nobody", "a part of an organisation"),
)

site = Table(
    "site",
    metadata,
    uid(),
    Column("account_id", to("account.id"), nullable=False, index=True),
    Column("key", String(40), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("origins", JSON, nullable=False),
    Column("color", String(7), nullable=False),
    Column("fields", JSON, nullable=False),
    Column("custom_fields", JSON, nullable=False, default=[], server_default="[]"),
    Column("alternative", Text, nullable=False, default=""),
    Column("privacy_note", Text, nullable=False, default="", server_default=""),
    Column("created_at", BigInteger, nullable=False),
    mac(),
    info=about("nobody", "a website of an organisation", bound=("id", "account_id", "key")),
)

notice = Table(
    "notice",
    metadata,
    uid(),
    Column("account_id", to("account.id"), nullable=False),
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
    Column("sha256", String(64), nullable=False),
    info=about("nobody", "what visitors are told"),
)

agent = Table(
    "agent",
    metadata,
    uid("identifier"),
    plain("account_id", to("account.id"), nullable=False, index=True),
    personal("role", String(10), "role", nullable=False),
    plain("key_slot", Integer, nullable=False),
    personal("name", LargeBinary, "name", nullable=False),
    personal("email", LargeBinary, "e-mail", nullable=False),
    personal("email_hash", String(64), "e-mail", nullable=False, unique=True),
    personal("password_hash", Text, "credential", nullable=False),
    plain("password_due", Boolean(create_constraint=False), nullable=False, default=False, server_default=false()),
    personal("failed", Integer, "credential", nullable=False, default=0, server_default="0"),
    personal("created_at", BigInteger, "time", nullable=False),
    personal("deactivated_at", BigInteger, "time"),
    mac(),
    CheckConstraint("role IN ('owner', 'admin', 'agent')", name="role"),
    info=about(
        "agent",
        "a person who answers for the account",
        basis="contract",
        kept="as long as the account; sealed under the agent's own key",
        bound=("id", "account_id", "role", "deactivated_at"),
    ),
)

session = Table(
    "session",
    metadata,
    uid(),
    personal("agent_id", to("agent.id"), "identifier", nullable=False, index=True),
    personal("secret_hash", String(64), "credential", nullable=False, unique=True),
    personal("created_at", BigInteger, "time", nullable=False),
    personal("expires_at", BigInteger, "time", nullable=False),
    personal("seen_at", BigInteger, "time", nullable=False, default=0, server_default="0"),
    personal("failed", Integer, "credential", nullable=False, default=0, server_default="0"),
    mac(),
    info=about(
        "agent",
        "that an agent is signed in",
        basis="contract",
        kept="14 days, or until signed out",
        saved=False,
        bound=("id", "agent_id", "secret_hash", "expires_at"),
    ),
)

token = Table(
    "token",
    metadata,
    uid(),
    personal("agent_id", to("agent.id"), "identifier", nullable=False, index=True),
    personal("secret_hash", String(64), "credential", nullable=False, unique=True),
    plain("name", Text, nullable=False),
    personal("created_at", BigInteger, "time", nullable=False),
    personal("revoked_at", BigInteger, "time"),
    mac(),
    info=about(
        "agent",
        "a program that acts for an agent",
        basis="contract",
        kept="until revoked, and as long as the agent",
        bound=("id", "agent_id", "secret_hash", "revoked_at"),
    ),
)
