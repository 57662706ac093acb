"""Agents over REST."""

from __future__ import annotations

from typing import Any

from chat.core.model import Actor
from chat.team.actions import agents
from chat.web.endpoint import Ask, endpoint
from chat.web.lists import Listed


@endpoint("GET /agents", permission="agent.read", audited=())
async def list_agents(ask: Ask[None]) -> Listed[dict[str, Any]]:
    """Return them; addresses only for those who manage."""
    return Listed([_agent(each, ask.actor) for each in await agents.agents(ask.services, ask.actor)])


def _agent(agent: Any, actor: Actor) -> dict[str, Any]:
    shown = {
        "id": agent.id,
        "name": agent.name,
        "role": agent.role,
        "status": "active" if agent.active else "deactivated",
    }
    return shown | {"email": agent.email} if actor.manages else shown
