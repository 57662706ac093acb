"""How tickets are given out, to whom they were, and how many an agent takes."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table

from chat.infra.store.columns import AGENT, about, metadata, personal, plain, serial, to

# Of an account its own `id`, of a department that one's; the key is one column, so that a rule is found by either.
routing_rule = Table(
    "routing_rule",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account_id", to("account.id"), nullable=False, index=True),
    Column("department_id", ForeignKey("department.id", ondelete="CASCADE"), index=True),
    Column("mode", String(12), nullable=False),
    Column("most", Integer, nullable=False),
    Column("minutes", Integer, nullable=False),
    info=about("nobody", "how tickets are given out"),
)

agent_routing = Table(
    "agent_routing",
    metadata,
    personal("agent_id", String(36), "identifier", to("agent.id"), primary_key=True),
    plain("most", Integer),
    personal("routed_at", BigInteger, "time", nullable=False, default=0),
    info=about(
        "agent",
        "how many tickets an agent takes, and when the last one came",
        basis="contract",
        kept="as long as the agent works there",
    ),
)

# `agent_id` stays when it is given back: who let it lie gets it again only where nobody else is there.
routed_ticket = Table(
    "routed_ticket",
    metadata,
    plain("ticket_id", serial, to("ticket.id"), primary_key=True, autoincrement=False),
    personal("agent_id", String(36), "identifier", nullable=False, context=AGENT),
    personal("at", BigInteger, "time", nullable=False),
    info=about("contact", "who was to answer", basis="consent", kept="transcripts"),
)
