"""What an identity provider says of an agent beyond what every agent has."""

from __future__ import annotations

from sqlalchemy import BigInteger, LargeBinary, String, Table

from chat.infra.store.columns import about, mac, metadata, personal, to

provisioned = Table(
    "provisioned",
    metadata,
    personal("agent_id", to("agent.id"), "identifier", primary_key=True),
    personal("external_id", LargeBinary, "identifier", purpose="what the identity provider knows them by"),
    personal("external_hash", String(64), "identifier", index=True),
    personal("removed_at", BigInteger, "time"),
    mac(),
    info=about(
        "agent",
        "that an identity provider looks after an agent",
        basis="contract",
        kept="as long as the agent; sealed under the agent's own key",
        bound=("agent_id", "external_hash", "removed_at"),
    ),
)
