"""Agents, their sessions and their tokens. Secrets are kept as hashes only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from chat.errors import NotFound
from chat.store.schema import agent, session, token

_who = (agent.c.id, agent.c.account_id, agent.c.role, agent.c.key_slot, agent.c.name)


def add(tx: Connection, made: Mapping[str, Any]) -> None:
    """Store an agent."""
    tx.execute(insert(agent).values(**made))


def by_email(tx: Connection, email_hash: str) -> Row[*tuple[Any, ...]] | None:
    """Return the whole row of the agent with this address, deactivated or not."""
    return tx.execute(select(agent).where(agent.c.email_hash == email_hash)).first()


def of_account(tx: Connection, account_id: str) -> list[Row[*tuple[Any, ...]]]:
    """Return an account's agents, oldest first."""
    query = select(agent).where(agent.c.account_id == account_id).order_by(agent.c.created_at, agent.c.id)
    return list(tx.execute(query))


def one(tx: Connection, account_id: str, agent_id: str) -> Row[*tuple[Any, ...]]:
    """Return an agent of the account; NotFound where there is none."""
    row = tx.execute(select(agent).where(agent.c.id == agent_id, agent.c.account_id == account_id)).first()
    if row is None:
        raise NotFound("No such agent")
    return row


def active_owners(tx: Connection, account_id: str) -> int:
    """Count the owners who can sign in."""
    query = select(func.count()).where(
        agent.c.account_id == account_id, agent.c.role == "owner", agent.c.deactivated_at.is_(None)
    )
    return int(tx.execute(query).scalar_one())


def deactivate(tx: Connection, agent_id: str, at: int) -> None:
    """Deactivate an agent: no session and no token of theirs is good from this commit on."""
    tx.execute(update(agent).where(agent.c.id == agent_id).values(deactivated_at=at))
    tx.execute(delete(session).where(session.c.agent_id == agent_id))
    tx.execute(update(token).where(token.c.agent_id == agent_id).values(revoked_at=at))


def rehash(tx: Connection, agent_id: str, password_hash: str) -> None:
    """Keep a password's hash anew."""
    tx.execute(update(agent).where(agent.c.id == agent_id).values(password_hash=password_hash))


def add_session(tx: Connection, made: Mapping[str, Any]) -> None:
    """Store a session."""
    tx.execute(insert(session).values(**made))


def by_session(tx: Connection, secret_hash: str, now: int) -> Row[*tuple[Any, ...]] | None:
    """
    Return who is signed in with this secret (`id`, `account_id`, `role`, `key_slot`, `name`, `session_id`), if
    anybody.
    """
    query = (
        select(*_who, session.c.id.label("session_id"))
        .join(session, session.c.agent_id == agent.c.id)
        .where(
            session.c.secret_hash == secret_hash,
            session.c.expires_at > now,
            agent.c.deactivated_at.is_(None),
        )
    )
    return tx.execute(query).first()


def end_session(tx: Connection, session_id: str) -> None:
    """Delete a session."""
    tx.execute(delete(session).where(session.c.id == session_id))


def end_sessions(tx: Connection, agent_id: str) -> int:
    """Delete every session of an agent; return how many."""
    return tx.execute(delete(session).where(session.c.agent_id == agent_id)).rowcount


def end_expired(tx: Connection, now: int) -> int:
    """Delete the sessions that have expired; return how many."""
    return tx.execute(delete(session).where(session.c.expires_at <= now)).rowcount


def add_token(tx: Connection, made: Mapping[str, Any]) -> None:
    """Store a token."""
    tx.execute(insert(token).values(**made))


def live_tokens(tx: Connection, agent_id: str) -> list[str]:
    """Return the ids of an agent's tokens that are good."""
    mine = (token.c.agent_id == agent_id) & token.c.revoked_at.is_(None)
    return list(tx.execute(select(token.c.id).where(mine).order_by(token.c.id)).scalars())


def revoke(tx: Connection, token_id: str, at: int) -> None:
    """Let a token be good no more."""
    tx.execute(update(token).where(token.c.id == token_id, token.c.revoked_at.is_(None)).values(revoked_at=at))


def by_token(tx: Connection, secret_hash: str) -> Row[*tuple[Any, ...]] | None:
    """Return for whom this token acts (`id`, `account_id`, `role`, `key_slot`, `name`), if anybody."""
    query = (
        select(*_who)
        .join(token, token.c.agent_id == agent.c.id)
        .where(
            token.c.secret_hash == secret_hash,
            token.c.revoked_at.is_(None),
            agent.c.deactivated_at.is_(None),
        )
    )
    return tx.execute(query).first()
