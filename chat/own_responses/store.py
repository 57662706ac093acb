"""Replies that agents keep for themselves, sealed."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import delete, insert, select, update

from chat.infra.store.tx import Tx
from chat.own_responses.schema import own_response


class SealedResponse(NamedTuple):
    """A reply as it is stored."""

    id: str
    body: bytes
    updated_at: int


_columns = tuple(own_response.c[name] for name in SealedResponse._fields)


def of_agent(tx: Tx, agent_id: str) -> list[SealedResponse]:
    """Return an agent's replies, in the order in which they were made."""
    query = select(*_columns).where(own_response.c.agent_id == agent_id).order_by(own_response.c.id)
    return [SealedResponse(*row) for row in tx.execute(query)]


def is_taken(tx: Tx, response_id: str) -> bool:
    """Whether there is a reply with this id, whoever's it is."""
    return tx.execute(select(own_response.c.id).where(own_response.c.id == response_id)).first() is not None


def add(tx: Tx, agent_id: str, made: SealedResponse) -> None:
    """Store a reply."""
    tx.execute(insert(own_response).values(agent_id=agent_id, **made._asdict()))


def change(tx: Tx, agent_id: str, made: SealedResponse) -> None:
    """Store a reply in the place of the one that was under its id."""
    mine = (own_response.c.id == made.id) & (own_response.c.agent_id == agent_id)
    tx.execute(update(own_response).where(mine).values(body=made.body, updated_at=made.updated_at))


def drop(tx: Tx, agent_id: str, response_id: str) -> None:
    """Delete a reply."""
    mine = (own_response.c.id == response_id) & (own_response.c.agent_id == agent_id)
    tx.execute(delete(own_response).where(mine))
