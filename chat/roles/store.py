"""What an owner changed of the rights of roles. Every row is bound: one that does not hold gives nothing."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from chat.core.errors import NotFound
from chat.infra.store.bound import bind, holds
from chat.infra.store.columns import metadata
from chat.infra.store.tx import Tx
from chat.roles.schema import role_right


def of_role(tx: Tx, account_id: str, role: str) -> dict[str, bool]:
    """Return what was changed of a role by permission: whether it is allowed. A row that does not hold forbids."""
    mine = (role_right.c.account_id == account_id) & (role_right.c.role == role)
    rows = tx.execute(select(role_right).where(mine))
    return {row.permission: bool(row.allowed) and holds(tx, role_right, row) for row in rows}


def lock(tx: Tx, account_id: str) -> None:
    """Let nobody else change the account's roles until the transaction ends. Raises NotFound where there is none."""
    account = metadata.tables["account"]
    query = select(account.c.id).where(account.c.id == account_id)
    # Not against whoever stores a row that points at the account, which every chat does.
    if tx.execute(query.with_for_update(key_share=True)).first() is None:
        raise NotFound("No such account")


def put(tx: Tx, account_id: str, role: str, permission: str, allowed: bool | None, at: int) -> None:  # noqa: FBT001 - a value that is stored
    """Enter whether a role has a permission, None where it is as usual."""
    mine = (role_right.c.account_id == account_id) & (role_right.c.role == role)
    tx.execute(delete(role_right).where(mine, role_right.c.permission == permission))
    if allowed is not None:
        row = {"account_id": account_id, "role": role, "permission": permission, "allowed": allowed}
        tx.execute(insert(role_right).values(**row, changed_at=at, mac=bind(tx, role_right, row)))
