"""What a restore does again of an agent's rights and departments."""

from __future__ import annotations

from chat.account import store as accounts
from chat.infra.gathered import Entered
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team import store


async def deactivate(services: Services, what: Entered) -> None:
    """Deactivate an agent again."""
    await services.store.write(lambda tx: store.deactivate(tx, what["agent"], services.clock()))


async def reactivate(services: Services, what: Entered) -> None:
    """Let an agent back in who was. Their password is another: that is an entry of its own."""
    await services.store.write(lambda tx: store.reactivate(tx, what["agent"]))


async def set_role(services: Services, what: Entered) -> None:
    """Give an agent again the role they have."""
    await services.store.write(lambda tx: store.set_role(tx, what["agent"], what["role"]))


async def put_in_departments(services: Services, what: Entered) -> None:
    """Put an agent again into the departments they are in."""

    def work(tx: Tx) -> None:
        row = store.active(tx, what["agent"])
        if row is not None:
            accounts.put_agent_in(tx, row.account_id, row.id, what["in"])

    await services.store.write(work)
