"""The table of API tokens."""

from __future__ import annotations

from sqlalchemy import BigInteger, String, Table, Text

from chat.core.scopes import ALL
from chat.infra.store.columns import about, mac, metadata, personal, plain, to, uid

token = Table(
    "token",
    metadata,
    uid(),
    # Not a key of the schema: the agent's is, with whom a token goes.
    plain("account_id", String(36), nullable=False, default="", server_default="", index=True),
    personal("agent_id", to("agent.id"), "identifier", nullable=False, index=True),
    personal("secret_hash", String(64), "credential", nullable=False, unique=True),
    plain("name", Text, nullable=False),
    plain("scopes", Text, nullable=False, default=ALL, server_default=ALL),
    plain("networks", Text, nullable=False, default="", server_default=""),
    personal("created_at", BigInteger, "time", nullable=False),
    personal("expires_at", BigInteger, "time"),
    personal("used_at", BigInteger, "time"),
    personal("revoked_at", BigInteger, "time"),
    mac(),
    info=about(
        "agent",
        "a program that acts for an agent",
        basis="contract",
        kept="until revoked, and as long as the agent",
        bound=("id", "account_id", "agent_id", "secret_hash", "scopes", "networks", "expires_at", "revoked_at"),
    ),
)
