"""Passkeys in the database. Every row is bound; one that does not hold opens nothing, and still asks for one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from sqlalchemy import Row, delete, insert, select, update

from chat.infra.store.bound import bind, holds, rebound
from chat.infra.store.tx import Tx
from chat.passkeys.schema import answered, passkey

PasskeyRow: TypeAlias = Row[*tuple[Any, ...]]


def has_any(tx: Tx, agent_id: str) -> bool:
    """Whether an agent has a passkey, even one that does not hold."""
    return tx.execute(select(passkey.c.id).where(passkey.c.agent_id == agent_id)).first() is not None


def of_agent(tx: Tx, agent_id: str) -> list[PasskeyRow]:
    """Return an agent's passkeys, oldest first."""
    query = select(passkey).where(passkey.c.agent_id == agent_id).order_by(passkey.c.created_at, passkey.c.id)
    return [row for row in tx.execute(query) if holds(tx, passkey, row)]


def by_credential(tx: Tx, credential_hash: str, *, lock: bool = False) -> PasskeyRow | None:
    """Return the passkey with this credential."""
    query = select(passkey).where(passkey.c.credential_hash == credential_hash)
    row = tx.execute(query.with_for_update() if lock else query).first()
    return row if row is not None and holds(tx, passkey, row) else None


def is_known(tx: Tx, credential_hash: str) -> bool:
    """Whether anybody has this passkey, even one that does not hold."""
    return tx.execute(select(passkey.c.id).where(passkey.c.credential_hash == credential_hash)).first() is not None


def add(tx: Tx, made: Mapping[str, Any]) -> None:
    """Store a passkey."""
    tx.execute(insert(passkey).values(**made, mac=bind(tx, passkey, made)))


def note_use(tx: Tx, row: PasskeyRow, count: int, at: int) -> None:
    """Note when a passkey was shown, and what its device counts now."""
    changed = rebound(tx, passkey, row, sign_count=count, used_at=at)
    tx.execute(update(passkey).where(passkey.c.id == row.id).values(changed))


def rename(tx: Tx, agent_id: str, passkey_id: str, name: bytes) -> bool:
    """Give an agent's passkey another name, and return whether they have it."""
    mine = (passkey.c.id == passkey_id) & (passkey.c.agent_id == agent_id)
    return tx.execute(update(passkey).where(mine).values(name=name)).rowcount > 0


def remove(tx: Tx, agent_id: str, passkey_id: str) -> bool:
    """Remove an agent's passkey, and return whether they had it."""
    mine = (passkey.c.id == passkey_id) & (passkey.c.agent_id == agent_id)
    return tx.execute(delete(passkey).where(mine)).rowcount > 0


def remove_all(tx: Tx, agent_id: str) -> list[str]:
    """Remove an agent's passkeys, and return their ids."""
    found = tx.execute(select(passkey.c.id).where(passkey.c.agent_id == agent_id)).scalars().all()
    tx.execute(delete(passkey).where(passkey.c.agent_id == agent_id))
    return list(found)


def is_answered(tx: Tx, challenge_hash: str) -> bool:
    """Whether a challenge was answered."""
    mine = answered.c.challenge_hash == challenge_hash
    return tx.execute(select(answered.c.challenge_hash).where(mine)).first() is not None


def note_answered(tx: Tx, challenge_hash: str, until: int) -> None:
    """Note that a challenge was answered, that is good until a time (ms)."""
    tx.execute(insert(answered).values(challenge_hash=challenge_hash, expires_at=until))


def drop_answered(tx: Tx, now: int) -> int:
    """Forget the challenges that are good no more, and return how many."""
    return tx.execute(delete(answered).where(answered.c.expires_at <= now)).rowcount
