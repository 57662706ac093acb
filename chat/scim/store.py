"""What an identity provider says of agents, as rows found through their account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from sqlalchemy import Row, insert, select, update

from chat.infra.store.bound import bind, holds, rebound
from chat.infra.store.columns import metadata
from chat.infra.store.tx import Tx
from chat.scim.schema import provisioned

ProvisionedRow: TypeAlias = Row[*tuple[Any, ...]]


def of_account(tx: Tx, account_id: str) -> dict[str, ProvisionedRow]:
    """Return what was said of the agents of an account, by their ids. A row that does not hold is none."""
    agent = metadata.tables["agent"]
    here = provisioned.join(agent, agent.c.id == provisioned.c.agent_id)
    rows = tx.execute(select(provisioned).select_from(here).where(agent.c.account_id == account_id))
    return {row.agent_id: row for row in rows if holds(tx, provisioned, row)}


def put(tx: Tx, account_id: str, agent_id: str, values: Mapping[str, Any]) -> None:
    """Note what is said of an agent of the account, whose row is locked."""
    known = of_account(tx, account_id).get(agent_id)
    if known is None:
        # One that does not hold stands for nothing, and makes room for what does.
        tx.execute(provisioned.delete().where(provisioned.c.agent_id == agent_id))
        made = {"agent_id": agent_id, "external_id": None, "external_hash": None, "removed_at": None} | dict(values)
        tx.execute(insert(provisioned).values(**made, mac=bind(tx, provisioned, made)))
    else:
        changed = rebound(tx, provisioned, known, **values)
        tx.execute(update(provisioned).where(provisioned.c.agent_id == agent_id).values(changed))
