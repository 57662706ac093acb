"""Accounts beside their logs."""

from __future__ import annotations

from sqlalchemy import select

from chat.account.schema import account
from chat.infra.audit.schema import audit_head
from chat.infra.store.tx import Tx


def found_broken(tx: Tx) -> list[str]:
    """Return the accounts that have no chain, or whose chain was broken when it was last checked."""
    bad = audit_head.c.account_id.is_(None) | audit_head.c.broken_at.is_not(None)
    known = account.outerjoin(audit_head, audit_head.c.account_id == account.c.id)
    return list(tx.execute(select(account.c.id).select_from(known).where(bad).order_by(account.c.id)).scalars())
