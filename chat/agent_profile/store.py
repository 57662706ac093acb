"""What joins sessions, tokens and agents with their account: what standing rests on, and how long sessions last."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Table, select

from chat.account.schema import account
from chat.agent_profile import schema  # noqa: F401 - it gives accounts the columns
from chat.core.clock import DAY
from chat.infra.gathered import SessionLimits
from chat.infra.store.tx import Tx
from chat.team.schema import agent, session
from chat.tokens.schema import token

MANY, MINUTE = 500, 60_000
_LIMITS = (account.c.session_days, account.c.session_idle_minutes)
_AGENT = (
    *_LIMITS,
    agent.c.role,
    agent.c.deactivated_at,
    agent.c.mac,
    agent.c.password_due,
    agent.c.name,
    agent.c.alias,
)
_TOKEN = (token.c.revoked_at, token.c.scopes, token.c.networks)


def marks(tx: Tx, sessions: Collection[str], tokens: Collection[str]) -> dict[str, tuple[Any, ...]]:
    """
    Return for each of these sessions and tokens (ids) that there is, all that decides whether it is good and for what:
    where a mark is another, or is missing, something has changed.
    """
    found = {}
    for of, ids, more in ((session, sessions, ()), (token, tokens, _TOKEN)):
        for row in _rows(tx, of, ids, more):
            found[str(row[0])] = tuple(row)
    return found


def _rows(tx: Tx, of: Table, ids: Collection[str], more: tuple[Any, ...]) -> Iterator[Any]:
    for some in _chunks(sorted(ids)):
        columns = (of.c.id, of.c.agent_id, of.c.expires_at, of.c.mac, *more, *_AGENT)
        here = of.join(agent, agent.c.id == of.c.agent_id).join(account, account.c.id == agent.c.account_id)
        yield from tx.execute(select(*columns).select_from(here).where(of.c.id.in_(some)))


def _chunks(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), MANY):
        yield ids[start : start + MANY]


def limits(tx: Tx, account_id: str) -> SessionLimits:
    """Return how long an account's sessions last."""
    days, minutes = tx.execute(select(*_LIMITS).where(account.c.id == account_id)).one()
    return SessionLimits(days * DAY, minutes * MINUTE)


def sessions_of_account(tx: Tx, account_id: str) -> list[str]:
    """Return the ids of the sessions of an account's agents."""
    here = session.join(agent, agent.c.id == session.c.agent_id)
    query = select(session.c.id).select_from(here).where(agent.c.account_id == account_id).order_by(session.c.id)
    return list(tx.execute(query).scalars())
