"""What endpoints are told: put in with what it tells, taken one of each lane at a time, kept for a while as a log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Row, Select, delete, exists, func, insert, select, update

from chat.contacts.schema import contact
from chat.core.errors import NotFound
from chat.infra.store.tx import Tx
from chat.webhooks.schema import webhook, webhook_delivery

DeliveryRow: TypeAlias = Row[*tuple[Any, ...]]
_of = webhook_delivery.c
_earlier = webhook_delivery.alias("earlier")
# One that waits keeps back those after it in its lane, of its endpoint alone.
_first = ~exists().where(
    _earlier.c.webhook_id == _of.webhook_id,
    _earlier.c.lane == _of.lane,
    _earlier.c.id < _of.id,
    _earlier.c.state == "waiting",
)
_all = select(webhook_delivery, contact.c.uid.label("contact_uid")).outerjoin(contact, contact.c.id == _of.contact_id)


def put(tx: Tx, made: Sequence[Mapping[str, Any]]) -> None:
    """Put deliveries in, in their order."""
    tx.execute(insert(webhook_delivery), [{"state": "waiting", "tries": 0, **each} for each in made])


def endpoints_due(tx: Tx, at: int) -> list[str]:
    """Return the endpoints, by id, that are active, do not ask to be left alone, and have something due."""
    due = (_of.state == "waiting") & (_of.due_at <= at)
    served = (webhook.c.state == "active") & (func.coalesce(webhook.c.busy_until, 0) <= at)
    query = select(_of.webhook_id).join(webhook, webhook.c.id == _of.webhook_id).where(due, served).distinct()
    return list(tx.execute(query.order_by(_of.webhook_id)).scalars())


def due(tx: Tx, webhook_id: str, at: int, most: int) -> list[DeliveryRow]:
    """Return what an endpoint is to be told now, the first of each lane alone, oldest first."""
    mine = (_of.webhook_id == webhook_id) & (_of.state == "waiting") & (_of.due_at <= at) & _first
    return list(tx.execute(_all.where(mine).order_by(_of.id).limit(most)))


def claim(tx: Tx, row: DeliveryRow, until: int) -> bool:
    """Take a delivery as nobody else's until then, when it is due again. Return False where another was quicker."""
    mine = (_of.id == row.id) & (_of.due_at == row.due_at) & (_of.state == "waiting")
    taken = update(webhook_delivery).where(mine).values(due_at=until, tries=row.tries + 1).returning(_of.id)
    return tx.execute(taken).first() is not None


def settle(tx: Tx, row: DeliveryRow, **values: Any) -> bool:
    """Note how a delivery that was claimed went. Return False where it is gone, or another's by now."""
    mine = (_of.id == row.id) & (_of.tries == row.tries + 1) & (_of.state == "waiting")
    return tx.execute(update(webhook_delivery).where(mine).values(**values)).rowcount > 0


def page(tx: Tx, webhook_id: str, state: str, before: int | None, most: int) -> list[DeliveryRow]:
    """Return the deliveries of an endpoint, newest first: those in a state, where one is given."""
    query: Select[Any] = _all.where(_of.webhook_id == webhook_id)
    if state:
        query = query.where(_of.state == state)
    if before is not None:
        query = query.where(_of.id < before)
    return list(tx.execute(query.order_by(_of.id.desc()).limit(most)))


def again(tx: Tx, webhook_id: str, uid: str, at: int) -> DeliveryRow:
    """Have a delivery sent again, under the same id. Raises NotFound."""
    mine = (_of.webhook_id == webhook_id) & (_of.uid == uid)
    if not tx.execute(update(webhook_delivery).where(mine).values(state="waiting", due_at=at, tries=0)).rowcount:
        raise NotFound("No such delivery")
    return tx.execute(_all.where(mine)).one()


def drop_before(tx: Tx, at: int, most: int) -> int:
    """Delete some of the deliveries of events before a time, sent or not, and return how many."""
    old = select(_of.id).where(_of.at < at).limit(most)
    return tx.execute(delete(webhook_delivery).where(_of.id.in_(old))).rowcount
