"""Mail to agents that is to go out."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, LargeBinary, Table

from chat.infra.store.columns import about, metadata, personal, plain, to, uid

# Gone once it is delivered or refused for good. `letter` is sealed under the agent's key, and goes with the agent.
agent_letter = Table(
    "agent_letter",
    metadata,
    uid(),
    plain("agent_id", to("agent.id"), nullable=False, index=True),
    personal("letter", LargeBinary, "message", nullable=False, context="letter/{id}"),
    plain("tries", Integer, nullable=False, default=0, inner=True),
    plain("due_at", BigInteger, nullable=False, index=True, inner=True),
    personal("created_at", BigInteger, "time", nullable=False),
    info=about(
        "agent",
        "mail about their own account",
        basis="contract",
        kept="until delivered, a day at most",
        # In no backup: a link in it would open what it opened on the day of the backup.
        saved=False,
    ),
)
