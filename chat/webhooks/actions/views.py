"""Endpoints, and what each is told, as they are shown."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from chat.core.clock import stamp
from chat.infra.services import Services
from chat.webhooks.store.deliveries import DeliveryRow
from chat.webhooks.store.endpoints import WebhookRow


class WebhookView(Struct, frozen=True, kw_only=True):
    """
    An endpoint as it is shown, without its secret. `state` is active, failing or paused; `paused_by` says by whom or
    why: hand, failing, gone or restored. Times are RFC 3339. Until `busy_until` nothing is sent, as it asks. Until
    `old_secret_until` requests are signed with the secret before too.
    """

    id: str
    name: str
    url: str
    events: list[str]
    visitor_data: bool
    state: str
    paused_by: str | None
    failing_since: str | None
    busy_until: str | None
    created_at: str
    old_secret_until: str | None


class MadeWebhook(WebhookView, frozen=True, kw_only=True):
    """An endpoint whose secret is new, and shown this once."""

    secret: str


class DeliveryView(Struct, frozen=True, kw_only=True):
    """
    What an endpoint is told, by ids. `id` is the `webhook-id`. `state` is waiting, sent or failed; `status` is what the
    last try was answered with, or `why` says in a word why there was no answer; `took` is in ms, `size` in bytes.
    """

    id: str
    event: str
    ticket: int | None
    contact: str | None
    at: str
    state: str
    tries: int
    tried_at: str | None
    next_at: str | None
    status: int | None
    why: str | None
    took: int | None
    size: int | None


def view(services: Services, row: WebhookRow, secret: str | None = None) -> WebhookView:
    """Return an endpoint as it is shown, with its secret where that is new."""
    failing = row.state == "active" and row.failing_since is not None
    now = services.clock()
    said: dict[str, Any] = {
        "id": row.id,
        "name": row.name,
        "url": row.url,
        "events": row.events.split(),
        "visitor_data": row.visitor_data,
        "state": "failing" if failing else row.state,
        "paused_by": row.paused_by,
        "failing_since": None if row.failing_since is None else stamp(row.failing_since),
        "busy_until": _ahead(row.busy_until, now),
        "created_at": stamp(row.created_at),
        "old_secret_until": _ahead(row.old_until, now),
    }
    return WebhookView(**said) if secret is None else MadeWebhook(**said, secret=secret)


def _ahead(at: int | None, now: int) -> str | None:
    return None if at is None or at <= now else stamp(at)


def delivery_view(row: DeliveryRow) -> DeliveryView:
    """Return a delivery as it is shown."""
    return DeliveryView(
        id=row.uid,
        event=row.kind,
        ticket=row.ticket,
        contact=row.contact_uid or row.more.get("contact"),
        at=stamp(row.at),
        state=row.state,
        tries=row.tries,
        tried_at=None if row.tried_at is None else stamp(row.tried_at),
        next_at=stamp(row.due_at) if row.state == "waiting" else None,
        status=row.status,
        why=row.why,
        took=row.took,
        size=row.size,
    )
