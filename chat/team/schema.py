"""Agents and their sessions."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Integer, LargeBinary, String, Table, Text, false

from chat.infra.store.columns import about, mac, metadata, personal, plain, to, uid

agent = Table(
    "agent",
    metadata,
    uid("identifier"),
    plain("account_id", to("account.id"), nullable=False, index=True),
    personal("role", String(10), "role", nullable=False),
    plain("key_slot", Integer, nullable=False),
    personal("name", LargeBinary, "name", nullable=False),
    personal("alias", LargeBinary, "name", purpose="the name that visitors see"),
    personal("portrait", String(22), "identifier", purpose="what the picture is asked for by", index=True, unique=True),
    personal("preferences", LargeBinary, "locale", purpose="pages as this agent likes them"),
    personal("email", LargeBinary, "e-mail", nullable=False),
    personal("email_hash", String(64), "e-mail", nullable=False, unique=True),
    personal("password_hash", Text, "credential", nullable=False),
    plain("password_due", Boolean(create_constraint=False), nullable=False, default=False, server_default=false()),
    personal("failed", Integer, "credential", nullable=False, default=0, server_default="0"),
    personal("created_at", BigInteger, "time", nullable=False),
    personal("deactivated_at", BigInteger, "time"),
    mac(),
    CheckConstraint("role IN ('owner', 'admin', 'agent', 'auditor')", name="role"),
    info=about(
        "agent",
        "a person who answers for the account",
        basis="contract",
        kept="as long as the account; sealed under the agent's own key",
        # Not the password's hash: that is sealed under the agent's own key, which binds it as well.
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
    personal("device", LargeBinary, "identifier", purpose="to tell one's own sessions apart"),
    mac(),
    info=about(
        "agent",
        "that an agent is signed in",
        basis="contract",
        kept="as the account says, or until signed out",
        # In no backup: whoever has one could sign in by a session of its day.
        saved=False,
        bound=("id", "agent_id", "secret_hash", "expires_at"),
    ),
)
