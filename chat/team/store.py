"""
Agents, their sessions and their tokens. Secrets are kept as hashes only, and every row is bound: one that does not hold
stands for nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from sqlalchemy import Row, delete, insert, select, update

from chat.core.errors import NotFound
from chat.infra.store.bound import bind, holds, rebound
from chat.infra.store.tx import Tx
from chat.team.schema import agent, session, token

AgentRow: TypeAlias = Row[*tuple[Any, ...]]
SessionRow: TypeAlias = Row[*tuple[Any, ...]]
TokenRow: TypeAlias = Row[*tuple[Any, ...]]


def add(tx: Tx, made: Mapping[str, Any]) -> None:
    """Store an agent."""
    tx.execute(insert(agent).values(**made, mac=bind(tx, agent, made)))


def by_email(tx: Tx, email_hash: str) -> AgentRow | None:
    """Return the whole row of the agent with this address, deactivated or not."""
    row = tx.execute(select(agent).where(agent.c.email_hash == email_hash)).first()
    return row if row is not None and holds(tx, agent, row) else None


def of_account(tx: Tx, account_id: str) -> list[AgentRow]:
    """Return an account's agents, oldest first."""
    query = select(agent).where(agent.c.account_id == account_id).order_by(agent.c.created_at, agent.c.id)
    return [row for row in tx.execute(query) if holds(tx, agent, row)]


def one(tx: Tx, account_id: str, agent_id: str) -> AgentRow:
    """Return an agent of the account. Raises NotFound where there is none."""
    row = tx.execute(select(agent).where(agent.c.id == agent_id, agent.c.account_id == account_id)).first()
    if row is None or not holds(tx, agent, row):
        raise NotFound("No such agent")
    return row


def active_owners(tx: Tx, account_id: str) -> int:
    """Count the owners who can sign in, locked until the transaction ends."""
    mine = (agent.c.account_id == account_id) & (agent.c.role == "owner") & agent.c.deactivated_at.is_(None)
    # Locked, so that of two owners who deactivate each other the second counts after the first: both would count two.
    return len(tx.execute(select(agent.c.id).where(mine).order_by(agent.c.id).with_for_update()).all())


def deactivate(tx: Tx, agent_id: str, at: int) -> None:
    """Deactivate an agent: no session and no token of theirs is good from this commit on."""
    row = tx.execute(select(agent).where(agent.c.id == agent_id).with_for_update()).first()
    if row is None:
        return
    tx.execute(update(agent).where(agent.c.id == agent_id).values(rebound(tx, agent, row, deactivated_at=at)))
    tx.execute(delete(session).where(session.c.agent_id == agent_id))
    for each in live_tokens(tx, agent_id):
        revoke(tx, each, at)


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


def end_expired(tx: Tx, now: int, idle: int) -> int:
    """Delete the sessions that have expired, and those not used since `idle`, and return how many."""
    return tx.execute(delete(session).where((session.c.expires_at <= now) | (session.c.seen_at <= idle))).rowcount


def add_token(tx: Tx, made: Mapping[str, Any]) -> None:
    """Store a token."""
    tx.execute(insert(token).values(**made, mac=bind(tx, token, made)))


def live_tokens(tx: Tx, agent_id: str) -> list[str]:
    """Return the ids of an agent's tokens that are good."""
    mine = (token.c.agent_id == agent_id) & token.c.revoked_at.is_(None)
    return list(tx.execute(select(token.c.id).where(mine).order_by(token.c.id)).scalars())


def revoke(tx: Tx, token_id: str, at: int) -> None:
    """Let a token be good no more."""
    row = tx.execute(select(token).where(token.c.id == token_id, token.c.revoked_at.is_(None))).first()
    if row is not None:
        tx.execute(update(token).where(token.c.id == token_id).values(rebound(tx, token, row, revoked_at=at)))


def token_by_id(tx: Tx, token_id: str) -> TokenRow | None:
    """Return a token, if it is still good."""
    row = tx.execute(select(token).where(token.c.id == token_id)).first()
    return row if row is not None and row.revoked_at is None and holds(tx, token, row) else None


def by_token(tx: Tx, secret_hash: str) -> TokenRow | None:
    """Return the token that this secret is, if one that is good."""
    row = tx.execute(select(token).where(token.c.secret_hash == secret_hash)).first()
    return row if row is not None and row.revoked_at is None and holds(tx, token, row) else None
