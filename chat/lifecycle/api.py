"""Agents over REST."""

from __future__ import annotations

from chat.lifecycle.actions import adding, changes, deleting, views
from chat.lifecycle.actions.adding import NewAgent
from chat.lifecycle.actions.changes import AgentChange
from chat.lifecycle.actions.views import AgentView, AgentWithPassword
from chat.web.endpoint import Ask, Tagged, endpoint, tagged
from chat.web.lists import Listed
from chat.web.requests import optional, uid

TICKETS_TO = optional("tickets_to")
CHANGED = {"agent.changed", "agent.role_changed"}


@endpoint("GET /agents", permission="agent.read", audited=())
async def list_agents(ask: Ask[None]) -> Listed[AgentView]:
    """Return them, with addresses only for those who manage."""
    return Listed(await views.list_agents(ask.services, ask.actor))


@endpoint("POST /agents", permission="agent.manage", audited={"agent.added"}, status=(201, 200), step_up=True)
async def post_agent(ask: Ask[NewAgent]) -> Tagged[AgentWithPassword]:
    """
    Add one, with a password that is shown this once and must be changed. Sent again with its `id` nothing is added:
    the answer is 200 and the agent, without a password.
    """
    if ask.body.id:
        uid(ask.body.id, "id")
    made = await adding.add(ask.services, ask.actor, ask.body)
    return tagged(made, views.without_password(made), None if made.password else 200)


@endpoint("GET /agents/{id}", permission="agent.read", audited=())
async def get_agent(ask: Ask[None]) -> Tagged[AgentView]:
    """Return one."""
    return tagged(await views.get_agent(ask.services, ask.actor, ask.path["id"]))


@endpoint("PATCH /agents/{id}", permission="agent.manage", audited=CHANGED, step_up=True)
async def change_agent(ask: Ask[AgentChange]) -> Tagged[AgentView]:
    """Change `name`, `role`, or `departments` as a whole. Another role signs them out everywhere."""
    return tagged(await changes.change(ask.services, ask.actor, ask.path["id"], ask.body, ask.precondition))


@endpoint(
    "DELETE /agents/{id}",
    permission="agent.manage",
    audited={"agent.deleted"},
    query=[TICKETS_TO],
    status=202,
    step_up=True,
)
async def delete_agent(ask: Ask[None]) -> dict[str, str]:
    """
    Delete one for good and forget who they were. Their tickets go to the agent `?tickets_to=`, or to nobody. The answer
    is the number of the erasure, whose certificate says what was removed; twice the same.
    """
    heir = ask.query(TICKETS_TO)
    return {"erasure_id": await deleting.delete(ask.services, ask.actor, ask.path["id"], heir, ask.precondition)}


@endpoint("POST /agents/{id}/deactivation", permission="agent.manage", audited={"agent.deactivated"}, step_up=True)
async def deactivate_agent(ask: Ask[None]) -> Tagged[AgentView]:
    """Sign one out everywhere at once; their tokens are revoked."""
    return tagged(await changes.deactivate(ask.services, ask.actor, ask.path["id"], ask.precondition))


@endpoint("POST /agents/{id}/reactivation", permission="agent.manage", audited={"agent.reactivated"}, step_up=True)
async def reactivate_agent(ask: Ask[None]) -> Tagged[AgentWithPassword]:
    """Let one sign in again, with a password that is shown this once and must be changed."""
    made = await changes.reactivate(ask.services, ask.actor, ask.path["id"], ask.precondition)
    return tagged(made, views.without_password(made))


@endpoint("POST /agents/{id}/ownership", permission="agent.manage", audited={"agent.role_changed"}, step_up=True)
async def hand_over(ask: Ask[None]) -> Tagged[AgentView]:
    """Make one an owner, and who asks, an owner, an admin: both or neither."""
    return tagged(await changes.hand_over(ask.services, ask.actor, ask.path["id"], ask.precondition))
