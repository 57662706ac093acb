"""Views that agents keep, sealed. Who has one sees it, and where it is shared all colleagues do."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import and_, delete, func, insert, select, update

from chat.infra.store.bound import columns, holds
from chat.infra.store.tx import Tx
from chat.team.schema import agent
from chat.views.schema import saved_view


class SealedView(NamedTuple):
    """A view as it is stored, with the key of the agent whose it is."""

    id: str
    agent_id: str
    body: bytes
    shared: bool
    updated_at: int
    key_slot: int


_stored = tuple(saved_view.c[name] for name in SealedView._fields if name != "key_slot")


def seen(tx: Tx, account_id: str, agent_id: str) -> list[SealedView]:
    """Return the views that an agent of an account sees, in the order in which they were made."""
    whose = and_(agent.c.id == saved_view.c.agent_id, agent.c.account_id == account_id)
    query = select(*_stored, agent.c.key_slot, *columns(agent, "a_")).select_from(saved_view.join(agent, whose))
    theirs = (saved_view.c.agent_id == agent_id) | saved_view.c.shared
    rows = tx.execute(query.where(theirs).order_by(saved_view.c.id))
    return [SealedView(*row[: len(SealedView._fields)]) for row in rows if holds(tx, agent, row, "a_")]


def is_taken(tx: Tx, view_id: str) -> bool:
    """Whether there is a view with this id, whoever's it is."""
    return tx.execute(select(saved_view.c.id).where(saved_view.c.id == view_id)).first() is not None


def count(tx: Tx, agent_id: str) -> int:
    """Return how many views an agent keeps."""
    mine = select(func.count()).select_from(saved_view).where(saved_view.c.agent_id == agent_id)
    return int(tx.execute(mine).scalar_one())


def add(tx: Tx, made: SealedView) -> None:
    """Store a view."""
    tx.execute(insert(saved_view).values(_values(made)))


def change(tx: Tx, made: SealedView) -> None:
    """Store a view in the place of the one that was under its id."""
    mine = (saved_view.c.id == made.id) & (saved_view.c.agent_id == made.agent_id)
    tx.execute(update(saved_view).where(mine).values(_values(made)))


def drop(tx: Tx, agent_id: str, view_id: str) -> None:
    """Delete a view."""
    tx.execute(delete(saved_view).where(saved_view.c.id == view_id, saved_view.c.agent_id == agent_id))


def _values(made: SealedView) -> dict[str, object]:
    return {name: value for name, value in made._asdict().items() if name != "key_slot"}
