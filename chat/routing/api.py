"""Routing over REST."""

from __future__ import annotations

from chat.routing.actions import rules
from chat.routing.actions.rules import AgentLimit, RoutingView
from chat.routing.domain import RoutingRule
from chat.web.endpoint import Ask, endpoint


@endpoint("GET /routing", permission="routing.change", audited=())
async def get_routing(ask: Ask[None]) -> RoutingView:
    """Return how tickets are given out."""
    return await rules.rules(ask.services, ask.actor)


@endpoint("PUT /routing", permission="routing.change", audited={"routing.changed"})
async def put_routing(ask: Ask[RoutingRule]) -> RoutingView:
    """Set the account's usual rule."""
    return await rules.change(ask.services, ask.actor, ask.body)


@endpoint("PUT /departments/{id}/routing", permission="routing.change", audited={"routing.changed"})
async def put_department_routing(ask: Ask[RoutingRule]) -> RoutingView:
    """Give a department a rule of its own."""
    return await rules.change(ask.services, ask.actor, ask.body, ask.path["id"])


@endpoint("DELETE /departments/{id}/routing", permission="routing.change", audited={"routing.changed"}, status=204)
async def delete_department_routing(ask: Ask[None]) -> None:
    """Let a department follow the account again."""
    await rules.change(ask.services, ask.actor, None, ask.path["id"])


@endpoint("PUT /agents/{id}/limit", permission="routing.change", audited={"routing.changed"})
async def put_limit(ask: Ask[AgentLimit]) -> RoutingView:
    """Set up to how many open tickets an agent is given."""
    return await rules.limit(ask.services, ask.actor, ask.path["id"], ask.body.most)
