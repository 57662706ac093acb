"""The views that agents keep."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, LargeBinary, Table

from chat.infra.store.columns import about, metadata, personal, plain, to, uid

saved_view = Table(
    "saved_view",
    metadata,
    uid(),
    personal("agent_id", to("agent.id"), "identifier", nullable=False, index=True),
    # Name and filters as JSON: both may say something of people. In a context that names the row and whether it is
    # shared: moved to another row, or shown to others by who has the database alone, it does not open.
    personal("body", LargeBinary, "message", context="view/{id}/{shared}", nullable=False),
    plain("shared", Boolean(create_constraint=False), nullable=False),
    plain("updated_at", BigInteger, nullable=False),
    info=about(
        "agent",
        "which tickets an agent wants to see together, under a name",
        basis="contract",
        kept="until deleted, and as long as the agent; sealed under the agent's own key",
    ),
)
