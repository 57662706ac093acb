"""Agents over REST."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.core.model import Actor
from chat.team.actions import agents
from chat.web.authentication import actor_of
from chat.web.context import context_of
from chat.web.lists import listed


def routes() -> list[Route]:
    """Return the route of `/api/v1/agents`."""
    return [Route("/agents", list_agents)]


async def list_agents(request: Request) -> Response:
    """`GET /agents`; addresses only for those who manage."""
    actor = await actor_of(request)
    return listed([_agent(each, actor) for each in await agents.agents(context_of(request).services, actor)], None)


def _agent(agent: Any, actor: Actor) -> dict[str, Any]:
    shown = {
        "id": agent.id,
        "name": agent.name,
        "role": agent.role,
        "status": "active" if agent.active else "deactivated",
    }
    return shown | {"email": agent.email} if actor.manages else shown
