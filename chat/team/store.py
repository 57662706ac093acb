"""Agents and their sessions. Secrets are kept as hashes only, and a row that does not hold stands for nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from sqlalchemy import Row, delete, insert, select, update

from chat.core.errors import NotFound
from chat.infra.store.bound import bind, holds, rebound
from chat.infra.store.columns import metadata
from chat.infra.store.tx import Tx
from chat.team.schema import agent, session
from chat.tokens.store import live_tokens, revoke

AgentRow: TypeAlias = Row[*tuple[Any, ...]]
SessionRow: TypeAlias = Row[*tuple[Any, ...]]


def add(tx: Tx, made: Mapping[str, Any]) -> None:
    """Store an agent."""
    tx.execute(insert(agent).values(**made, mac=bind(tx, agent, made)))


def by_email(tx: Tx, email_hash: str) -> AgentRow | None:
    """Return the whole row of the agent with this address, deactivated or not."""
    row = tx.execute(select(agent).where(agent.c.email_hash == email_hash)).first()
    return row if row is not None and holds(tx, agent, row) else None


def by_id(tx: Tx, agent_id: str) -> AgentRow | None:
    """Return the whole row of an agent, deactivated or not: whoever asks has shown something that is theirs."""
    row = tx.execute(select(agent).where(agent.c.id == agent_id)).first()
    return row if row is not None and holds(tx, agent, row) else None


def of_account(tx: Tx, account_id: str) -> list[AgentRow]:
    """Return an account's agents, oldest first."""
    query = select(agent).where(agent.c.account_id == account_id).order_by(agent.c.created_at, agent.c.id)
    return [row for row in tx.execute(query) if holds(tx, agent, row)]


def one(tx: Tx, account_id: str, agent_id: str, *, lock: bool = False) -> AgentRow:
    """Return an agent of the account. Raises NotFound where there is none."""
    query = select(agent).where(agent.c.id == agent_id, agent.c.account_id == account_id)
    row = tx.execute(query.with_for_update() if lock else query).first()
    if row is None or not holds(tx, agent, row):
        raise NotFound("No such agent")
    return row


def active_owners(tx: Tx, account_id: str) -> frozenset[str]:
    """
    Return the owners who can sign in, locked until the transaction ends: whoever changes an agent locks them first, so
    that changes of one account's agents come one after another.
    """
    mine = (agent.c.account_id == account_id) & (agent.c.role == "owner") & agent.c.deactivated_at.is_(None)
    # Locked, so that of two owners who take each other away the second counts after the first: both would count two.
    found = tx.execute(select(agent).where(mine).order_by(agent.c.id).with_for_update())
    return frozenset(row.id for row in found if holds(tx, agent, row))


def deactivate(tx: Tx, agent_id: str, at: int) -> None:
    """Deactivate an agent: no session and no token of theirs is good from this commit on."""
    _change_bound(tx, agent_id, deactivated_at=at)
    end_sessions(tx, agent_id)
    for each in live_tokens(tx, agent_id):
        revoke(tx, each, at)


def set_role(tx: Tx, agent_id: str, role: str) -> None:
    """Give an agent a role: no session of theirs is good from this commit on."""
    _change_bound(tx, agent_id, role=role)
    end_sessions(tx, agent_id)


def reactivate(tx: Tx, agent_id: str) -> None:
    """Let an agent sign in again, with no failures to their name. What was theirs before stays dead."""
    _change_bound(tx, agent_id, deactivated_at=None)
    change(tx, agent_id, failed=0)


def _change_bound(tx: Tx, agent_id: str, **values: Any) -> None:
    row = tx.execute(select(agent).where(agent.c.id == agent_id).with_for_update()).first()
    if row is not None:
        tx.execute(update(agent).where(agent.c.id == agent_id).values(rebound(tx, agent, row, **values)))


def change(tx: Tx, agent_id: str, **values: Any) -> None:
    """Set columns of an agent that are not bound."""
    tx.execute(update(agent).where(agent.c.id == agent_id).values(**values))


def count_failure(tx: Tx, agent_id: str) -> None:
    """Count an attempt to sign in as an agent that failed."""
    tx.execute(update(agent).where(agent.c.id == agent_id).values(failed=agent.c.failed + 1))


def add_session(tx: Tx, made: Mapping[str, Any]) -> None:
    """Store a session."""
    tx.execute(insert(session).values(**made, mac=bind(tx, session, made)))


def by_session(tx: Tx, secret_hash: str, now: int) -> SessionRow | None:
    """Return the session that this secret opens, if any that is good."""
    row = tx.execute(select(session).where(session.c.secret_hash == secret_hash)).first()
    return row if row is not None and row.expires_at > now and holds(tx, session, row) else None


def session_by_id(tx: Tx, session_id: str, now: int) -> SessionRow | None:
    """Return a session, if it is still good."""
    row = tx.execute(select(session).where(session.c.id == session_id)).first()
    return row if row is not None and row.expires_at > now and holds(tx, session, row) else None


def sessions_of(tx: Tx, agent_id: str, now: int) -> list[SessionRow]:
    """Return an agent's sessions that have not expired, the one that began last first."""
    mine = (session.c.agent_id == agent_id) & (session.c.expires_at > now)
    query = select(session).where(mine).order_by(session.c.created_at.desc(), session.c.id.desc())
    return [row for row in tx.execute(query) if holds(tx, session, row)]


def end_own_session(tx: Tx, agent_id: str, session_id: str) -> bool:
    """Delete a session of an agent, and return whether there was one."""
    mine = (session.c.id == session_id) & (session.c.agent_id == agent_id)
    return tx.execute(delete(session).where(mine)).rowcount > 0


def record_use(tx: Tx, session_id: str, at: int) -> None:
    """Note when a session was last used."""
    tx.execute(update(session).where(session.c.id == session_id).values(seen_at=at))


def active(tx: Tx, agent_id: str, *, lock: bool = False) -> AgentRow | None:
    """Return an agent who may act, by id alone: whoever asks has shown a session or token that is theirs."""
    query = select(agent).where(agent.c.id == agent_id)
    row = tx.execute(query.with_for_update() if lock else query).first()
    return row if row is not None and row.deactivated_at is None and holds(tx, agent, row) else None


def end_session(tx: Tx, session_id: str) -> None:
    """Delete a session."""
    tx.execute(delete(session).where(session.c.id == session_id))


def end_sessions(tx: Tx, agent_id: str, *, but: str = "") -> int:
    """Delete every session of an agent `but` one, and return how many."""
    return tx.execute(delete(session).where(session.c.agent_id == agent_id, session.c.id != but)).rowcount


def move_end(tx: Tx, session_id: str, now: int, longest: int) -> None:
    """Let a session end `longest` ms after it began."""
    row = tx.execute(select(session).where(session.c.id == session_id).with_for_update()).first()
    if row is not None:
        # When it began is not bound: said to be later than now, it would let a session last for ever.
        until = min(row.created_at, now) + longest
        tx.execute(
            update(session).where(session.c.id == session_id).values(rebound(tx, session, row, expires_at=until))
        )


def accounts_with_sessions(tx: Tx) -> list[str]:
    """Return the accounts whose agents have sessions, good or not."""
    here = session.join(agent, agent.c.id == session.c.agent_id)
    return list(tx.execute(select(agent.c.account_id).select_from(here).distinct()).scalars())


def end_expired(tx: Tx, account_id: str, now: int, begun: int, idle: int) -> int:
    """Delete an account's sessions that have expired, began by `begun` or were not used since `idle`; say how many."""
    mine = session.c.agent_id.in_(select(agent.c.id).where(agent.c.account_id == account_id))
    over = (session.c.expires_at <= now) | (session.c.created_at <= begun) | (session.c.seen_at <= idle)
    return tx.execute(delete(session).where(mine, over)).rowcount


def departments_of(tx: Tx, agent_id: str) -> frozenset[str]:
    """Return the ids of the departments that an agent works in. A row that does not hold is none."""
    of = metadata.tables["agent_department"]
    rows = tx.execute(select(of).where(of.c.agent_id == agent_id))
    return frozenset(row.department_id for row in rows if holds(tx, of, row))
