"""The replies that agents keep for themselves."""

from __future__ import annotations

from sqlalchemy import BigInteger, LargeBinary, Table

from chat.infra.store.columns import about, metadata, personal, plain, to, uid

own_response = Table(
    "own_response",
    metadata,
    uid(),
    personal("agent_id", to("agent.id"), "identifier", nullable=False, index=True),
    # Shortcut, title and texts as JSON, in a context that names the row: moved to another it does not open.
    personal("body", LargeBinary, "message", context="own_response/{id}", nullable=False),
    plain("updated_at", BigInteger, nullable=False),
    info=about(
        "agent",
        "what an agent answers often, in their own words",
        basis="contract",
        kept="until deleted, and as long as the agent; sealed under the agent's own key",
    ),
)
