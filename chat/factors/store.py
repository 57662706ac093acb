"""
Second factors in the database. Every row is bound. One that does not hold is taken for no code, and still asks for one:
who spoils a factor does not take it away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from sqlalchemy import Row, delete, func, insert, select, update

from chat.core.ids import uuid7
from chat.factors.schema import factor_rule, recovery_code, shown, totp
from chat.infra.store.bound import bind, holds, rebound
from chat.infra.store.tx import Tx
from chat.passkeys import store as passkeys

TotpRow: TypeAlias = Row[*tuple[Any, ...]]


def is_set(tx: Tx, agent_id: str) -> bool:
    """Whether an agent has a second factor, even one that does not hold."""
    return has_totp(tx, agent_id) or passkeys.has_any(tx, agent_id)


def has_totp(tx: Tx, agent_id: str) -> bool:
    """Whether an agent has codes by time, even ones that do not hold."""
    return tx.execute(select(totp.c.agent_id).where(totp.c.agent_id == agent_id)).first() is not None


def set_at(tx: Tx, agent_id: str) -> int | None:
    """Return when an agent's codes by time were turned on (ms), None where there are none that hold."""
    row = totp_of(tx, agent_id)
    return None if row is None else int(row.created_at)


def totp_of(tx: Tx, agent_id: str, *, lock: bool = False) -> TotpRow | None:
    """Return what an agent's codes are made of."""
    query = select(totp).where(totp.c.agent_id == agent_id)
    row = tx.execute(query.with_for_update() if lock else query).first()
    return row if row is not None and holds(tx, totp, row) else None


def put_totp(tx: Tx, agent_id: str, secret: bytes, step: int, at: int) -> None:
    """Store what an agent's codes are made of."""
    made = {"agent_id": agent_id, "secret": secret, "step": step}
    tx.execute(insert(totp).values(**made, created_at=at, mac=bind(tx, totp, made)))


def use_step(tx: Tx, row: TotpRow, step: int) -> None:
    """Take the code of a time step, and so none before it any more."""
    tx.execute(update(totp).where(totp.c.agent_id == row.agent_id).values(rebound(tx, totp, row, step=step)))


def remove_totp(tx: Tx, agent_id: str) -> bool:
    """Remove an agent's codes by time, with the last factor the recovery codes too, and return whether they had any."""
    found = tx.execute(delete(totp).where(totp.c.agent_id == agent_id)).rowcount > 0
    _drop_idle_codes(tx, agent_id)
    return found


def remove_passkey(tx: Tx, agent_id: str, passkey_id: str) -> bool:
    """Remove an agent's passkey, with the last factor the recovery codes too, and return whether it was theirs."""
    found = passkeys.remove(tx, agent_id, passkey_id)
    _drop_idle_codes(tx, agent_id)
    return found


def _drop_idle_codes(tx: Tx, agent_id: str) -> None:
    if not is_set(tx, agent_id):
        drop_codes(tx, agent_id)


def put_codes(tx: Tx, agent_id: str, hashes: Iterable[str]) -> None:
    """Store recovery codes in the place of those there were."""
    drop_codes(tx, agent_id)
    for each in hashes:
        made = {"id": uuid7(), "agent_id": agent_id, "code_hash": each}
        tx.execute(insert(recovery_code).values(**made, mac=bind(tx, recovery_code, made)))


def drop_codes(tx: Tx, agent_id: str) -> None:
    """Remove an agent's recovery codes."""
    tx.execute(delete(recovery_code).where(recovery_code.c.agent_id == agent_id))


def count_codes(tx: Tx, agent_id: str) -> int:
    """Count the recovery codes that an agent has left."""
    query = select(func.count()).select_from(recovery_code).where(recovery_code.c.agent_id == agent_id)
    return int(tx.execute(query).scalar_one())


def take_code(tx: Tx, agent_id: str, code_hash: str) -> str:
    """Use up a recovery code, and return its id, "" where the agent has none such."""
    mine = (recovery_code.c.agent_id == agent_id) & (recovery_code.c.code_hash == code_hash)
    row = tx.execute(select(recovery_code).where(mine).with_for_update()).first()
    if row is None or not holds(tx, recovery_code, row):
        return ""
    drop_code(tx, row.id)
    return str(row.id)


def drop_code(tx: Tx, code_id: str) -> None:
    """Remove one recovery code."""
    tx.execute(delete(recovery_code).where(recovery_code.c.id == code_id))


def note_shown(tx: Tx, session_id: str, at: int) -> None:
    """Note when a session showed whose it is."""
    made = {"session_id": session_id, "at": at}
    tx.execute(delete(shown).where(shown.c.session_id == session_id))
    tx.execute(insert(shown).values(**made, mac=bind(tx, shown, made)))


def shown_at(tx: Tx, session_id: str) -> int:
    """Return when a session last showed whose it is (ms), 0 where it never did."""
    row = tx.execute(select(shown).where(shown.c.session_id == session_id)).first()
    return int(row.at) if row is not None and holds(tx, shown, row) else 0


def rules(tx: Tx, account_id: str) -> dict[str, int]:
    """Return from when on (ms) an account wants a second factor of which role."""
    rows = tx.execute(select(factor_rule).where(factor_rule.c.account_id == account_id)).all()
    return {row.role: row.since for row in rows if holds(tx, factor_rule, row)}


def put_rules(tx: Tx, account_id: str, wanted: Mapping[str, int]) -> None:
    """Want a second factor of these roles from these times on (ms), and of no others."""
    tx.execute(delete(factor_rule).where(factor_rule.c.account_id == account_id))
    for role, since in wanted.items():
        made = {"account_id": account_id, "role": role, "since": since}
        tx.execute(insert(factor_rule).values(**made, mac=bind(tx, factor_rule, made)))
