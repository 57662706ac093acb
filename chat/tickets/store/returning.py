"""Whether a ticket that is opened again can go back to the agent who had it."""

from __future__ import annotations

from sqlalchemy import select

from chat.account.schema import agent_department
from chat.infra.store.tx import Tx
from chat.team import store as agents


def is_there(tx: Tx, agent_id: str, department_id: str | None) -> bool:
    """Whether an agent can still sign in, and works in the department, where anybody does."""
    if agents.active(tx, agent_id) is None:
        return False
    members = select(agent_department.c.agent_id).where(agent_department.c.department_id == department_id).limit(1)
    if department_id is None or tx.execute(members).first() is None:
        return True
    return department_id in agents.departments_of(tx, agent_id)
