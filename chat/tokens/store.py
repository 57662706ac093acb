"""API tokens. A secret is kept as its hash only, and each row is bound: one that does not hold stands for nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from sqlalchemy import Row, select, update

from chat.core.errors import NotFound
from chat.core.scopes import ALL
from chat.infra.store.bound import bind, holds, rebound
from chat.infra.store.tx import Tx
from chat.infra.store.upsert import once
from chat.tokens.schema import token

TokenRow: TypeAlias = Row[*tuple[Any, ...]]


def add(tx: Tx, made: Mapping[str, Any]) -> bool:
    """Store a token, unless there is one with its id. Return whether it was stored."""
    # Said in full, since it is bound as it is given, and not as the columns' defaults fill it in.
    row = {"scopes": ALL, "networks": "", "expires_at": None} | dict(made)
    return once(tx, token, row | {"mac": bind(tx, token, row)})


def list_of(tx: Tx, account_id: str, agent_id: str | None = None) -> list[TokenRow]:
    """Return an account's tokens that are not revoked, of one agent where that is said, newest first."""
    mine = (token.c.account_id == account_id) & token.c.revoked_at.is_(None)
    if agent_id is not None:
        mine &= token.c.agent_id == agent_id
    query = select(token).where(mine).order_by(token.c.created_at.desc(), token.c.id.desc())
    return [row for row in tx.execute(query) if holds(tx, token, row)]


def one(tx: Tx, account_id: str, token_id: str, *, lock: bool = False) -> TokenRow:
    """Return a token of the account that is not revoked. Raises NotFound where there is none."""
    query = select(token).where(token.c.id == token_id, token.c.account_id == account_id)
    row = tx.execute(query.with_for_update() if lock else query).first()
    if row is None or row.revoked_at is not None or not holds(tx, token, row):
        raise NotFound("No such API token")
    return row


def rename(tx: Tx, account_id: str, token_id: str, name: str) -> None:
    """Give a token another name."""
    tx.execute(update(token).where(token.c.id == token_id, token.c.account_id == account_id).values(name=name))


def live_tokens(tx: Tx, agent_id: str) -> list[str]:
    """Return the ids of an agent's tokens that are not revoked."""
    mine = (token.c.agent_id == agent_id) & token.c.revoked_at.is_(None)
    return list(tx.execute(select(token.c.id).where(mine).order_by(token.c.id)).scalars())


def revoke(tx: Tx, token_id: str, at: int) -> None:
    """Let a token be good no more."""
    row = tx.execute(select(token).where(token.c.id == token_id, token.c.revoked_at.is_(None))).first()
    if row is not None:
        tx.execute(update(token).where(token.c.id == token_id).values(rebound(tx, token, row, revoked_at=at)))


def by_id(tx: Tx, token_id: str, now: int) -> TokenRow | None:
    """Return a token, if it is still good."""
    row = tx.execute(select(token).where(token.c.id == token_id)).first()
    return row if row is not None and _stands(tx, row) and not has_expired(row, now) else None


def by_secret(tx: Tx, secret_hash: str) -> TokenRow | None:
    """Return the token that this secret is, if it is not revoked. It may have expired."""
    row = tx.execute(select(token).where(token.c.secret_hash == secret_hash)).first()
    return row if row is not None and _stands(tx, row) else None


def has_expired(row: TokenRow, now: int) -> bool:
    """Whether a token's time is over."""
    return row.expires_at is not None and row.expires_at <= now


def record_use(tx: Tx, token_id: str, at: int) -> None:
    """Note when a token was last used."""
    tx.execute(update(token).where(token.c.id == token_id).values(used_at=at))


def _stands(tx: Tx, row: TokenRow) -> bool:
    return row.revoked_at is None and holds(tx, token, row)
