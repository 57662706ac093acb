"""Endpoints. Each row is bound: one that does not hold is told nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import Dialect, Row, bindparam, delete, func, literal_column, select, update

from chat.core.errors import NotFound
from chat.infra.store.bound import bind, holds, rebound
from chat.infra.store.tx import Tx
from chat.infra.store.upsert import once
from chat.webhooks.schema import webhook

WebhookRow: TypeAlias = Row[*tuple[Any, ...]]


def add(tx: Tx, made: Mapping[str, Any]) -> bool:
    """Store an endpoint, unless there is one with its id. Return whether it was stored."""
    row = {"old_secret": None, "old_until": None, **made}
    return once(tx, webhook, row | {"mac": bind(tx, webhook, row)})


def count(tx: Tx, account_id: str) -> int:
    """Return how many endpoints an account has."""
    query = select(func.count()).select_from(webhook).where(webhook.c.account_id == account_id)
    return int(tx.execute(query).scalar_one())


def of_account(tx: Tx, account_id: str) -> list[WebhookRow]:
    """Return an account's endpoints by name."""
    query = select(webhook).where(webhook.c.account_id == account_id).order_by(webhook.c.name, webhook.c.id)
    return [row for row in tx.execute(query) if holds(tx, webhook, row)]


def one(tx: Tx, account_id: str, webhook_id: str, *, lock: bool = False) -> WebhookRow:
    """Return an endpoint of an account, locked as `by_id` says. Raises NotFound."""
    query = select(webhook).where(webhook.c.id == webhook_id, webhook.c.account_id == account_id)
    row = tx.execute(query.with_for_update(key_share=True) if lock else query).first()
    if row is None or not holds(tx, webhook, row):
        raise NotFound("No such webhook")
    return row


def by_id(tx: Tx, webhook_id: str, *, lock: bool = False) -> WebhookRow | None:
    """Return an endpoint, if it is there and holds. A lock keeps nobody waiting who puts something in for it."""
    query = select(webhook).where(webhook.c.id == webhook_id)
    row = tx.execute(query.with_for_update(key_share=True) if lock else query).first()
    return row if row is not None and holds(tx, webhook, row) else None


def active_in(tx: Tx, accounts: Collection[str]) -> list[WebhookRow]:
    """Return the endpoints of some accounts that are not paused."""
    some = [each for each in accounts if tx.exec_driver_sql(_active_in(tx.dialect), {"of": each}).first()]
    if not some:
        return []
    query = select(webhook).where(webhook.c.account_id.in_(some), webhook.c.state == "active")
    return [row for row in tx.execute(query.order_by(webhook.c.id)) if holds(tx, webhook, row)]


@cache
def _active_in(dialect: Dialect) -> str:
    """Written once: it is asked on the way of each message, and most accounts have no endpoint."""
    mine = (webhook.c.account_id == bindparam("of")) & (webhook.c.state == literal_column("'active'"))
    return str(select(webhook.c.id).where(mine).compile(dialect=dialect))


def unwell(tx: Tx) -> list[str] | None:
    """
    Return the ids of the endpoints of all accounts that take nothing, or were paused otherwise than by hand, whether
    their rows hold or not; None where there is no endpoint at all.
    """
    rows = tx.execute(select(webhook.c.id, webhook.c.paused_by, webhook.c.failing_since).order_by(webhook.c.id)).all()
    if not rows:
        return None
    return [row.id for row in rows if row.paused_by != "hand" and (row.paused_by or row.failing_since is not None)]


def change(tx: Tx, row: WebhookRow, **values: Any) -> None:
    """Change an endpoint that was read, and bind it anew."""
    mine = (webhook.c.id == row.id) & (webhook.c.account_id == row.account_id)
    tx.execute(update(webhook).where(mine).values(rebound(tx, webhook, row, **values)))


def drop(tx: Tx, webhook_id: str) -> bool:
    """Delete an endpoint with what it was to be told, and return whether it was there."""
    return tx.execute(delete(webhook).where(webhook.c.id == webhook_id)).rowcount > 0


def pause(tx: Tx, webhook_id: str, by: str) -> bool:
    """Pause an endpoint, and return whether it was active."""
    mine = (webhook.c.id == webhook_id) & (webhook.c.state == "active")
    return tx.execute(update(webhook).where(mine).values(state="paused", paused_by=by)).rowcount > 0


def mark_failing(tx: Tx, webhook_id: str, at: int) -> None:
    """Note since when an endpoint takes nothing, unless that is noted."""
    mine = (webhook.c.id == webhook_id) & webhook.c.failing_since.is_(None)
    tx.execute(update(webhook).where(mine).values(failing_since=at))


def mark_busy(tx: Tx, webhook_id: str, until: int) -> None:
    """Note that an endpoint asks to be left alone until then, unless it has asked for longer."""
    mine = (webhook.c.id == webhook_id) & (func.coalesce(webhook.c.busy_until, 0) < until)
    tx.execute(update(webhook).where(mine).values(busy_until=until))


def mark_well(tx: Tx, webhook_id: str) -> None:
    """Note that an endpoint takes what it is sent."""
    mine = (webhook.c.id == webhook_id) & webhook.c.failing_since.is_not(None)
    tx.execute(update(webhook).where(mine).values(failing_since=None))
