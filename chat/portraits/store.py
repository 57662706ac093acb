"""Pictures of agents in the database: at most one each."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from chat.infra.store.tx import Tx
from chat.portraits.schema import portrait
from chat.team import store as team
from chat.team.schema import agent
from chat.team.store import AgentRow


def put(tx: Tx, agent_id: str, shown_as: str, image: bytes) -> None:
    """Store an agent's picture in the place of the one there was. `shown_as` is the id that it is asked for by."""
    drop(tx, agent_id)
    tx.execute(insert(portrait).values(agent_id=agent_id, image=image))
    team.change(tx, agent_id, portrait=shown_as)


def drop(tx: Tx, agent_id: str) -> bool:
    """Delete an agent's picture, and return whether there was one."""
    team.change(tx, agent_id, portrait=None)
    return tx.execute(delete(portrait).where(portrait.c.agent_id == agent_id)).rowcount > 0


def shown_as(tx: Tx, agent_id: str) -> str:
    """Return the id that an agent's picture is asked for by, "" where there is none."""
    return tx.execute(select(agent.c.portrait).where(agent.c.id == agent_id)).scalar_one_or_none() or ""


def find(tx: Tx, asked: str) -> tuple[AgentRow, bytes] | None:
    """Return the agent whose picture has an id, and the picture as it is sealed. Who was signed out has none."""
    here = agent.join(portrait, portrait.c.agent_id == agent.c.id)
    query = select(agent.c.id, portrait.c.image).select_from(here).where(agent.c.portrait == asked)
    found = tx.execute(query).first()
    row = None if found is None else team.active(tx, found.id)
    return None if row is None or found is None else (row, found.image)
