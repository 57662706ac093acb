"""Devices that agents are called on, and what for."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, String, Table

from chat.infra.store.columns import AGENT, about, mac, metadata, personal, plain, serial, to, uid

# One for each session, and gone with it. With `due_at` its device is to be woken, for what was to say from `since` on.
# Until `heard_at` the agent knows what there was: a window of the inbox was in focus.
push_subscription = Table(
    "push_subscription",
    metadata,
    uid(),
    personal("agent_id", to("agent.id"), "identifier", nullable=False, index=True),
    plain("session_id", to("session.id"), nullable=False, unique=True),
    personal("endpoint", LargeBinary, "identifier", purpose="where the device is woken", nullable=False),
    personal("endpoint_hash", String(64), "identifier", nullable=False, unique=True),
    personal("locale", String(8), "locale", nullable=False),
    personal("created_at", BigInteger, "time", nullable=False),
    plain("due_at", BigInteger, index=True, inner=True),
    plain("tries", Integer, nullable=False, default=0, inner=True),
    plain("called_at", BigInteger, nullable=False, default=0, inner=True),
    personal("since", BigInteger, "time", nullable=False, default=0),
    personal("heard_at", BigInteger, "time", nullable=False, default=0),
    mac(),
    info=about(
        "agent",
        "to call an agent on a device while no inbox is open there",
        basis="consent",
        kept="as long as the session; sealed under the agent's own key",
        # In no backup: nor are the sessions.
        saved=False,
        bound=("id", "agent_id", "session_id", "endpoint"),
    ),
)

# `agent_id` is "" where it concerns whoever has the ticket, or anybody. `spread` once its devices are to be woken.
push_call = Table(
    "push_call",
    metadata,
    plain("ticket_id", serial, to("ticket.id"), primary_key=True, autoincrement=False),
    personal("agent_id", String(36), "identifier", primary_key=True, context=AGENT),
    plain("why", String(10), nullable=False, inner=True),
    personal("at", BigInteger, "time", nullable=False, index=True),
    plain("spread", Boolean(create_constraint=False), nullable=False, default=False, inner=True),
    info=about("contact", "which agents to call on their devices", basis="consent", kept="an hour", saved=False),
)
