"""The files that go with saved replies."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, String, Table

from chat.infra.store.columns import about, metadata, personal, plain, to, uid

# The bytes are in files; each has a key of its own here. Of an agent's own reply it is sealed under that agent's key,
# and else, without an agent, under the account's.
response_file = Table(
    "response_file",
    metadata,
    uid(),
    plain("account_id", to("account.id"), nullable=False, index=True),
    personal("agent_id", to("agent.id"), "identifier", index=True),
    plain("response_id", String(36), nullable=False, index=True),
    plain("blob", String(43), nullable=False, unique=True, inner=True),
    personal("name", LargeBinary, "attachment", nullable=False, context="attachment/{id}/name"),
    personal("file_key", LargeBinary, "attachment", nullable=False, context="attachment/{id}/key"),
    plain("type", String(40), nullable=False),
    plain("size", Integer, nullable=False),
    plain("preview", Boolean(create_constraint=False), nullable=False),
    plain("width", Integer),
    plain("height", Integer),
    personal("created_at", BigInteger, "time", nullable=False),
    info=about(
        "agent",
        "files that agents send often, with a reply of their own or of the account",
        basis="contract",
        kept="until taken out, and as long as the reply; of an agent's own under the agent's own key",
    ),
)
