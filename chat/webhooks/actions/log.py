"""What an endpoint is told: the log of it, one sent again, and a test."""

from __future__ import annotations

from chat.core import access
from chat.core.errors import NotNow
from chat.core.events import WorkDue
from chat.core.model import Actor
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.webhooks.actions import recording
from chat.webhooks.actions.views import DeliveryView, delivery_view
from chat.webhooks.store import deliveries, endpoints
from chat.webhooks.store.deliveries import DeliveryRow
from chat.webhooks.store.endpoints import WebhookRow


async def test(services: Services, actor: Actor, webhook_id: str) -> None:
    """Have an endpoint sent a test. Raises NotFound, and NotNow where it is paused."""
    access.require(actor, "webhook.change")

    def work(tx: Tx) -> None:
        _require_active(endpoints.one(tx, actor.account_id, webhook_id))
        recording.put(services, tx, recording.test_of(actor.account_id), {webhook_id})
        audit.record(services, tx, actor.account_id, actor.agent_id, "webhook.tested", webhook_id)

    await services.store.write(work)
    services.bus.publish(WorkDue())


async def page(
    services: Services, actor: Actor, webhook_id: str, state: str, before: int | None, limit: int
) -> tuple[list[DeliveryView], int | None]:
    """Return what an endpoint is told, newest first, and where the next page begins. Raises NotFound."""
    access.require(actor, "webhook.read")

    def work(tx: Tx) -> list[DeliveryRow]:
        endpoints.one(tx, actor.account_id, webhook_id)
        return deliveries.page(tx, webhook_id, state, before, limit + 1)

    found = await services.store.read(work)
    shown = [delivery_view(each) for each in found[:limit]]
    return shown, found[limit - 1].id if len(found) > limit else None


async def redeliver(services: Services, actor: Actor, webhook_id: str, delivery_id: str) -> DeliveryView:
    """Have a delivery sent again, under the same id. Raises NotFound, and NotNow where the endpoint is paused."""
    access.require(actor, "webhook.change")

    def work(tx: Tx) -> DeliveryRow:
        _require_active(endpoints.one(tx, actor.account_id, webhook_id))
        row = deliveries.again(tx, webhook_id, delivery_id, services.clock())
        audit.record(services, tx, actor.account_id, actor.agent_id, "webhook.redelivered", delivery_id)
        return row

    row = await services.store.write(work)
    services.bus.publish(WorkDue())
    return delivery_view(row)


def _require_active(row: WebhookRow) -> None:
    if row.state != "active":
        raise NotNow("This webhook is paused; let it go on first")
