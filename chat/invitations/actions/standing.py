"""Who may invite whom, asked of the database as it is now: when they invite, and again when it is accepted."""

from __future__ import annotations

from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.roles import actions as roles
from chat.team import store as team


def may_invite(
    services: Services, tx: Tx, agent_id: str | None, account_id: str, role: str, *, lock: bool = False
) -> bool:
    """
    Whether an agent, or the server's operator (None), may invite somebody to a role: they are active, may change
    agents, and only an owner invites an owner. With `lock` that stays so until the transaction ends.
    """
    if agent_id is None:
        return True
    row = team.active(tx, agent_id, lock=lock)
    if row is None or row.account_id != account_id or (role == "owner" and row.role != "owner"):
        return False
    return "agent.manage" in roles.of_role(services, tx, account_id, row.role)
