"""Agents' passkeys, and the challenges that were answered."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, String, Table

from chat.infra.store.columns import about, mac, metadata, personal, plain, to, uid

# `sign_count` is what the device last counted: one that does not go on is a copy of it.
passkey = Table(
    "passkey",
    metadata,
    uid("identifier"),
    personal("agent_id", to("agent.id"), "identifier", nullable=False, index=True),
    personal("credential_hash", String(64), "credential", nullable=False, unique=True),
    personal("credential", LargeBinary, "credential", nullable=False),
    plain("sign_count", BigInteger, nullable=False),
    personal("name", LargeBinary, "name", purpose="to tell one's own passkeys apart", nullable=False),
    personal("created_at", BigInteger, "time", nullable=False),
    personal("used_at", BigInteger, "time"),
    mac(),
    info=about(
        "agent",
        "a second factor at signing in, or a way to sign in without a password: a public key",
        basis="contract",
        kept="until removed, and as long as the agent; sealed under the agent's own key",
        bound=("id", "agent_id", "credential_hash", "credential", "sign_count"),
    ),
)

answered = Table(
    "answered_challenge",
    metadata,
    Column("challenge_hash", String(64), primary_key=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
    info=about("nobody", "that a challenge was answered, so that no answer counts twice", saved=False),
)
