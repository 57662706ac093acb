"""Agents' second factors, and when a session last showed whose it is."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, String, Table

from chat.infra.store.columns import about, mac, metadata, personal, plain, to, uid

# `step` is the time step of the last code that was taken: no code counts twice.
totp = Table(
    "totp",
    metadata,
    personal("agent_id", to("agent.id"), "identifier", primary_key=True),
    personal("secret", LargeBinary, "credential", nullable=False),
    plain("step", BigInteger, nullable=False),
    personal("created_at", BigInteger, "time", nullable=False),
    mac(),
    info=about(
        "agent",
        "a second factor at signing in: codes from an app",
        basis="contract",
        kept="until turned off, and as long as the agent; sealed under the agent's own key",
        bound=("agent_id", "secret", "step"),
    ),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    uid(),
    personal("agent_id", to("agent.id"), "identifier", nullable=False, index=True),
    personal("code_hash", String(64), "credential", nullable=False),
    mac(),
    info=about(
        "agent",
        "a way to sign in for who has lost their second factor, once",
        basis="contract",
        kept="until used or made anew, and as long as the second factor",
        bound=("id", "agent_id", "code_hash"),
    ),
)

shown = Table(
    "shown",
    metadata,
    personal("session_id", to("session.id"), "identifier", primary_key=True),
    personal("at", BigInteger, "time", nullable=False),
    mac(),
    info=about(
        "agent",
        "when a session last showed whose it is",
        basis="contract",
        kept="as long as the session",
        saved=False,
        bound=("session_id", "at"),
    ),
)

factor_rule = Table(
    "factor_rule",
    metadata,
    Column("account_id", to("account.id"), primary_key=True),
    Column("role", String(10), primary_key=True),
    Column("since", BigInteger, nullable=False),
    mac(),
    info=about(
        "nobody",
        "from when on an account wants a second factor of a role",
        bound=("account_id", "role", "since"),
    ),
)
