"""Agents as they are shown to who reads them: their addresses only to who manages them."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from chat.account import store as accounts
from chat.core import access
from chat.core.model import Actor
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team import store
from chat.team.actions.agents import agent_of
from chat.team.store import AgentRow


class AgentView(Struct, frozen=True, kw_only=True):
    """
    An agent: `status` is active or deactivated, `departments` the ids of those they work in, `email` for those who
    manage.
    """

    id: str
    name: str
    role: str
    status: str
    departments: list[str]
    email: str | UnsetType = UNSET


class AgentWithPassword(AgentView, frozen=True, kw_only=True):
    """
    An agent who was just made or reactivated, with the password that was generated, which is kept nowhere: it is not
    there where the same was asked for again.
    """

    password: str | UnsetType = UNSET


async def get_agent(services: Services, actor: Actor, agent_id: str) -> AgentView:
    """Return an agent of the account. Raises NotFound where there is none."""
    access.require(actor, "agent.read")

    def work(tx: Tx) -> AgentView:
        return view_of(services, tx, store.one(tx, actor.account_id, agent_id), actor)

    return await services.store.read(work)


async def list_agents(services: Services, actor: Actor) -> list[AgentView]:
    """Return the account's agents, oldest first."""
    access.require(actor, "agent.read")
    return await services.store.read(lambda tx: agents_of(services, tx, actor.account_id, actor))


def agents_of(services: Services, tx: Tx, account_id: str, actor: Actor | None) -> list[AgentView]:
    """Return an account's agents, oldest first, as they are shown to an actor, or to the server's operator (None)."""
    departments = accounts.departments_of_agents(tx, account_id)
    rows = store.of_account(tx, account_id)
    return [_view(services, row, departments.get(row.id, []), actor) for row in rows]


def view_of(services: Services, tx: Tx, row: AgentRow, actor: Actor | None) -> AgentView:
    """Return an agent's row as it is shown to an actor, or to the server's operator (None)."""
    departments = accounts.departments_of_agents(tx, row.account_id)
    return _view(services, row, departments.get(row.id, []), actor)


def without_password(made: AgentWithPassword) -> AgentView:
    """Return the agent as they are shown from now on."""
    return AgentView(**{name: getattr(made, name) for name in AgentView.__struct_fields__})


def _view(services: Services, row: AgentRow, departments: list[str], actor: Actor | None) -> AgentView:
    agent = agent_of(services, row)
    return AgentView(
        id=agent.id,
        name=agent.name,
        role=agent.role,
        status="active" if agent.active else "deactivated",
        departments=departments,
        email=agent.email if actor is None or access.can(actor, "agent.manage") else UNSET,
    )
