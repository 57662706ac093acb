"""Agents over REST."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from chat.core import access
from chat.core.model import Actor, Agent
from chat.team.actions import agents
from chat.web.endpoint import Ask, endpoint
from chat.web.lists import Listed


class AgentView(Struct, frozen=True):
    """An agent: `status` is active or deactivated, `email` for those who manage."""

    id: str
    name: str
    role: str
    status: str
    email: str | UnsetType = UNSET


@endpoint("GET /agents", permission="agent.read", audited=())
async def list_agents(ask: Ask[None]) -> Listed[AgentView]:
    """Return them, with addresses only for those who manage."""
    return Listed([_agent(each, ask.actor) for each in await agents.agents(ask.services, ask.actor)])


def _agent(agent: Agent, actor: Actor) -> AgentView:
    status = "active" if agent.active else "deactivated"
    email = agent.email if access.can(actor, "agent.manage") else UNSET
    return AgentView(agent.id, agent.name, agent.role, status, email)
