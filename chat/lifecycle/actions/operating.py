"""What the server's operator does to agents, whom they name by address: no two on a server have the same."""

from __future__ import annotations

from chat.account import store as accounts
from chat.core.addresses import address
from chat.core.errors import NotFound
from chat.erasure.actions import erasure
from chat.erasure.actions.views import CertifiedErasure
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.lifecycle.actions import changes, deleting, views
from chat.lifecycle.actions.changes import AgentChange
from chat.lifecycle.actions.views import AgentView
from chat.team import store
from chat.team.store import AgentRow


async def list_agents(services: Services) -> dict[str, list[AgentView]]:
    """Return the agents of each account on this server, oldest first, by the account's id."""

    def work(tx: Tx) -> dict[str, list[AgentView]]:
        return {each.id: views.agents_of(services, tx, each.id, None) for each in accounts.all_of(tx)}

    return await services.store.read(work)


async def give_role(services: Services, email: str, role: str) -> AgentView:
    """Give an agent a role. Raises NotFound, InvalidField, and Forbidden where an account would have no owner."""
    row = await _find(services, email)
    return await changes.change(services, None, row.id, AgentChange(role=role), account_id=row.account_id)


async def deactivate(services: Services, email: str) -> str:
    """Sign an agent out everywhere, for now, and return their id. Raises as `give_role`."""
    row = await _find(services, email)
    await changes.deactivate(services, None, row.id, account_id=row.account_id)
    return str(row.id)


async def delete(services: Services, email: str, heir: str | None) -> CertifiedErasure:
    """
    Delete an agent for good, now, and return the request with its certificate. Their tickets go to the agent with the
    address `heir`, or to nobody. Raises as `give_role`.
    """
    row = await _find(services, email)
    heir_id = None if heir is None else str((await _find(services, heir)).id)
    filed = await deleting.delete(services, None, row.id, heir_id, account_id=row.account_id)
    return (await erasure.finish(services, [filed]))[0]


async def _find(services: Services, email: str) -> AgentRow:
    """Return the row of the agent with an address. Raises NotFound, and InvalidField where it is none."""
    row = await services.store.read(lambda tx: store.by_email(tx, services.email_hash("agents", email)))
    if row is None:
        address(email)
        raise NotFound("No agent has this address; `lethe agent list` shows those there are")
    return row
