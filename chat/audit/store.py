"""Accounts beside their logs, and the entries that go by age."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, select

from chat.account.schema import account
from chat.core.clock import DAY
from chat.infra.audit.schema import audit, audit_head
from chat.infra.store.ageing import AgeingKind, Policy
from chat.infra.store.tx import Tx


def found_broken(tx: Tx) -> list[str]:
    """Return the accounts that have no chain, or whose chain was broken when it was last checked."""
    bad = audit_head.c.account_id.is_(None) | audit_head.c.broken_at.is_not(None)
    known = account.outerjoin(audit_head, audit_head.c.account_id == account.c.id)
    return list(tx.execute(select(account.c.id).select_from(known).where(bad).order_by(account.c.id)).scalars())


def _first(policy: Policy) -> ColumnElement[bool]:
    """
    An entry that no younger one stands before: the log is a chain, and goes from its beginning. Closed parts of it,
    which lie before, go by a sweep of their own.
    """
    begins = select(audit_head.c.pruned).where(audit_head.c.account_id == policy.account_id).scalar_subquery()
    young = select(func.min(_entry.c.number)).where(
        _entry.c.account_id == policy.account_id,
        _entry.c.number > begins,
        _entry.c.at > policy.now - policy.days["audit"] * DAY,
    )
    return (audit.c.number < func.coalesce(young.scalar_subquery(), audit.c.number + 1)) & (audit.c.number > begins)


_entry = audit.alias()
AUDIT = AgeingKind("audit", audit, (audit.c.number,), audit.c.at, audit.c.account_id, audit.c.number, where=_first)
