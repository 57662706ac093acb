"""Pictures of agents. Under which id each is shown is in the agent's own row."""

from __future__ import annotations

from sqlalchemy import LargeBinary, Table

from chat.infra.store.columns import about, metadata, personal, to

portrait = Table(
    "portrait",
    metadata,
    personal("agent_id", to("agent.id"), "identifier", primary_key=True),
    # Sealed as base64 in a context that names the id it is shown under: moved to another agent it does not open.
    personal("image", LargeBinary, "portrait", nullable=False),
    info=about(
        "agent",
        "the picture that visitors see beside an agent's name",
        basis="contract",
        kept="until taken away, and as long as the agent; sealed under the agent's own key",
    ),
)
