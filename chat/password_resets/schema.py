"""Links to set a password by."""

from __future__ import annotations

from sqlalchemy import BigInteger, String, Table

from chat.infra.store.columns import about, mac, metadata, personal, to, uid

# One an agent: a new link ends the one before. `secret_hash` is that of 256 random bits. `password_mark` is a hash of
# the password's row as it was: with any other password the link is good no more. It is gone once it is used.
password_reset = Table(
    "password_reset",
    metadata,
    uid(),
    personal("agent_id", to("agent.id"), "identifier", nullable=False, unique=True),
    personal("secret_hash", String(64), "credential", nullable=False, unique=True),
    personal("password_mark", String(64), "credential", nullable=False),
    personal("expires_at", BigInteger, "time", nullable=False, index=True),
    mac(),
    info=about(
        "agent",
        "to set a password whose agent does not know the old one",
        basis="contract",
        kept="an hour, or until it is used",
        # In no backup: none brings a link back that was used.
        saved=False,
        bound=("id", "agent_id", "secret_hash", "password_mark", "expires_at"),
    ),
)
