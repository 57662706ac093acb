"""Webhooks over REST."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType
from starlette.responses import Response

from chat.core import frames
from chat.web.answers import JSON
from chat.web.endpoint import Ask, Tagged, endpoint, tagged
from chat.web.lists import CURSOR, LIMIT, Listed, listed
from chat.web.requests import choice
from chat.webhooks.actions import endpoints as webhooks
from chat.webhooks.actions import log
from chat.webhooks.actions.endpoints import WantedWebhook, WebhookChange
from chat.webhooks.actions.views import DeliveryView, MadeWebhook, WebhookView
from chat.webhooks.domain import STATES

STATE = choice("state", "", *STATES, refusal="A state is waiting, sent or failed")
CHANGES = {"webhook.changed", "webhook.paused", "webhook.resumed", "webhook.granted", "webhook.narrowed"}


class NewWebhook(Struct, frozen=True, forbid_unknown_fields=True):
    """An endpoint to make. With an `id` it is made once, however often it is asked for."""

    name: str
    url: str
    events: list[str]
    visitor_data: bool = False
    id: frames.ClientId | None = None


class ChangedWebhook(Struct, frozen=True, forbid_unknown_fields=True):
    """What of an endpoint is to be another. `paused` stops it, or lets it go on."""

    name: str | UnsetType = UNSET
    url: str | UnsetType = UNSET
    events: list[str] | UnsetType = UNSET
    visitor_data: bool | UnsetType = UNSET
    paused: bool | UnsetType = UNSET


@endpoint("GET /webhooks", permission="webhook.read", audited=())
async def list_webhooks(ask: Ask[None]) -> Listed[WebhookView]:
    """Return the account's endpoints."""
    return Listed(await webhooks.webhooks(ask.services, ask.actor))


@endpoint(
    "POST /webhooks",
    permission="webhook.change",
    audited={"webhook.made", "webhook.granted"},
    status=(201, 200),
    step_up=True,
)
async def post_webhook(ask: Ask[NewWebhook]) -> Response:
    """Make one: 201 with the `secret`, shown this once; 200 without, where this id was made before."""
    body = ask.body
    wanted = WantedWebhook(body.name, body.url, body.events, body.visitor_data, body.id)
    made = await webhooks.make(ask.services, ask.actor, wanted)
    return JSON(made, 201 if isinstance(made, MadeWebhook) else 200)


@endpoint("GET /webhooks/{id}", permission="webhook.read", audited=())
async def get_webhook(ask: Ask[None]) -> Tagged[WebhookView]:
    """Return one, without its secret."""
    return tagged(await webhooks.one(ask.services, ask.actor, ask.path["id"]))


@endpoint("PATCH /webhooks/{id}", permission="webhook.change", audited=CHANGES, step_up=True)
async def change_webhook(ask: Ask[ChangedWebhook]) -> Tagged[WebhookView]:
    """Change one, pause it, or let it go on."""
    body = ask.body
    wanted = WebhookChange(body.name, body.url, body.events, body.visitor_data, body.paused)
    return tagged(await webhooks.change(ask.services, ask.actor, ask.path["id"], wanted, ask.precondition))


@endpoint("DELETE /webhooks/{id}", permission="webhook.change", audited={"webhook.deleted"}, status=204, step_up=True)
async def delete_webhook(ask: Ask[None]) -> None:
    """Delete one with what it was to be told."""
    await webhooks.delete(ask.services, ask.actor, ask.path["id"], ask.precondition)


@endpoint("POST /webhooks/{id}/secret", permission="webhook.change", audited={"webhook.rotated"}, step_up=True)
async def rotate_secret(ask: Ask[None]) -> WebhookView:
    """Make a new `secret`, shown this once. The one before is good for a day more."""
    return await webhooks.rotate(ask.services, ask.actor, ask.path["id"])


@endpoint("POST /webhooks/{id}/test", permission="webhook.change", audited={"webhook.tested"}, status=202)
async def test_webhook(ask: Ask[None]) -> Response:
    """Send a `webhook.test`."""
    await log.test(ask.services, ask.actor, ask.path["id"])
    return Response(status_code=202)


@endpoint("GET /webhooks/{id}/deliveries", permission="webhook.read", audited=(), query=[STATE, LIMIT, CURSOR])
async def list_deliveries(ask: Ask[None]) -> Listed[DeliveryView]:
    """Return what it was told in the last two weeks, and is to be told, newest first."""
    before, limit = ask.query(CURSOR), ask.query(LIMIT)
    items, after = await log.page(
        ask.services, ask.actor, ask.path["id"], ask.query(STATE), before[0] if before else None, limit
    )
    return listed(items, None if after is None else (after,))


@endpoint(
    "POST /webhooks/{id}/deliveries/{delivery}",
    permission="webhook.change",
    audited={"webhook.redelivered"},
    status=202,
)
async def redeliver(ask: Ask[None]) -> DeliveryView:
    """Send one again, under the same id."""
    return await log.redeliver(ask.services, ask.actor, ask.path["id"], ask.path["delivery"])
