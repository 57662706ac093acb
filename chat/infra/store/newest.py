"""Lists of what was asked for, newest first: by time, as an id that a client made says nothing of when."""

from __future__ import annotations

from sqlalchemy import Column, ColumnElement, and_, or_, select
from sqlalchemy.sql.elements import UnaryExpression

from chat.infra.store.tx import Tx


def newest_first(at: Column[int], uid: Column[str]) -> tuple[UnaryExpression[int], UnaryExpression[str]]:
    """Return the order of such a list."""
    return at.desc(), uid.desc()


def older(tx: Tx, at: Column[int], uid: Column[str], than: str) -> ColumnElement[bool]:
    """
    Return the condition for what comes after one in such a list. Where that one is gone, its id says when it was made:
    ours do.
    """
    when = tx.execute(select(at).where(uid == than)).scalar()
    return uid < than if when is None else or_(at < when, and_(at == when, uid < than))
