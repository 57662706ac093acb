"""The pages of webhooks: the endpoints, and of each what it is told."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from msgspec import UNSET
from starlette.responses import Response

from chat.core.errors import InvalidField, NotNow
from chat.web.forms import Errors, Form, saved
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint
from chat.web.requests import Parameter, number
from chat.webhooks.actions import endpoints as webhooks
from chat.webhooks.actions import log
from chat.webhooks.actions.endpoints import WantedWebhook, WebhookChange
from chat.webhooks.actions.views import MadeWebhook, WebhookView
from chat.webhooks.api import CHANGES, STATE
from chat.webhooks.domain import KINDS, STATES

PAGE = "/admin/webhooks"
SHOWN = 30
BEFORE: Parameter[int | None] = Parameter("before", number, None, {"type": "integer"})


@page_endpoint("GET /admin/webhooks", permission="webhook.read", query=[SAVED])
async def show_webhooks(ask: PageAsk) -> Response:
    """Show the endpoints."""
    return await _all(ask)


@page_endpoint(
    "POST /admin/webhooks", permission="webhook.change", audited={"webhook.made", "webhook.granted"}, step_up=True
)
async def add_webhook(ask: PageAsk) -> Response:
    """Make one. The answer itself shows its secret, the only time anything does."""
    form = _typed(ask)
    wanted = WantedWebhook(form["name"], form["url"], _events(ask), form["visitor_data"] == "yes")
    try:
        made = await webhooks.make(ask.services, ask.actor, wanted)
    except InvalidField as error:
        return await _all(ask, form, _wrong(error), 422)
    except NotNow:
        return await _all(ask, form, {"name": "webhooks.error.many"}, 422)
    return await _one(ask, made, made=made, status=201)


@page_endpoint("GET /admin/webhooks/{id}", permission="webhook.read", query=[SAVED, STATE, BEFORE])
async def show_webhook(ask: PageAsk) -> Response:
    """Show one and what it is told: `?state=` narrows it, `?before=` is where an older page begins."""
    return await _one(ask, await webhooks.one(ask.services, ask.actor, ask.path["id"]))


@page_endpoint("POST /admin/webhooks/{id}", permission="webhook.change", audited=CHANGES, step_up=True)
async def save_webhook(ask: PageAsk) -> Response:
    """Save one."""
    form, uid = _typed(ask), ask.path["id"]
    wanted = WebhookChange(form["name"], form["url"], _events(ask), form["visitor_data"] == "yes")
    try:
        await webhooks.change(ask.services, ask.actor, uid, wanted)
    except InvalidField as error:
        return await _one(ask, await webhooks.one(ask.services, ask.actor, uid), form, _wrong(error), status=422)
    return saved(f"{PAGE}/{uid}")


@page_endpoint("POST /admin/webhooks/{id}/pause", permission="webhook.change", audited=CHANGES, step_up=True)
async def pause_webhook(ask: PageAsk) -> Response:
    """Pause one, or let it go on."""
    wanted = WebhookChange(UNSET, UNSET, UNSET, UNSET, ask.form.get("pause") == "yes")
    await webhooks.change(ask.services, ask.actor, ask.path["id"], wanted)
    return saved(f"{PAGE}/{ask.path['id']}")


@page_endpoint(
    "POST /admin/webhooks/{id}/secret", permission="webhook.change", audited={"webhook.rotated"}, step_up=True
)
async def rotate_secret(ask: PageAsk) -> Response:
    """Make a new secret. The answer itself shows it, the only time anything does."""
    made = await webhooks.rotate(ask.services, ask.actor, ask.path["id"])
    return await _one(ask, made, made=made)


@page_endpoint("POST /admin/webhooks/{id}/test", permission="webhook.change", audited={"webhook.tested"})
async def test_webhook(ask: PageAsk) -> Response:
    """Send a test."""
    await log.test(ask.services, ask.actor, ask.path["id"])
    return saved(f"{PAGE}/{ask.path['id']}")


@page_endpoint(
    "POST /admin/webhooks/{id}/deliveries/{delivery}", permission="webhook.change", audited={"webhook.redelivered"}
)
async def redeliver(ask: PageAsk) -> Response:
    """Send one delivery again."""
    await log.redeliver(ask.services, ask.actor, ask.path["id"], ask.path["delivery"])
    return saved(f"{PAGE}/{ask.path['id']}")


@page_endpoint(
    "POST /admin/webhooks/{id}/delete", permission="webhook.change", audited={"webhook.deleted"}, step_up=True
)
async def delete_webhook(ask: PageAsk) -> Response:
    """Delete one."""
    await webhooks.delete(ask.services, ask.actor, ask.path["id"])
    return saved(PAGE)


def _typed(ask: PageAsk) -> Form:
    return {name: ask.form.get(name, "") for name in ("name", "url", "visitor_data")}


def _events(ask: PageAsk) -> list[str]:
    return [value for name, value in ask.fields if name == "events"]


def _wrong(error: InvalidField) -> Errors:
    field, why = str(error.extra["field"]), str(error.extra.get("why", ""))
    return {field: f"webhooks.error.{field}" + (f".{why}" if why else "")}


async def _all(ask: PageAsk, form: Form | None = None, errors: Errors | None = None, status: int = 200) -> Response:
    more: dict[str, Any] = {
        "webhooks": await webhooks.webhooks(ask.services, ask.actor),
        "form": form or {"name": "", "url": "", "visitor_data": ""},
        "chosen": _events(ask),
        "kinds": KINDS,
    }
    return ask.page("admin-webhooks.html", status, errors=errors, **more)


async def _one(
    ask: PageAsk,
    shown: WebhookView,
    form: Form | None = None,
    errors: Errors | None = None,
    made: WebhookView | None = None,
    status: int = 200,
) -> Response:
    reads = ask.request.method == "GET"
    state, before = (ask.query(STATE), ask.query(BEFORE)) if reads else ("", None)
    found, older = await log.page(ask.services, ask.actor, shown.id, state, before, SHOWN)
    kept = {"state": state} if state else {}
    more: dict[str, Any] = {
        "webhook": shown,
        "made": made if isinstance(made, MadeWebhook) else None,
        "form": form or {"name": shown.name, "url": shown.url, "visitor_data": "yes" if shown.visitor_data else ""},
        "chosen": _events(ask) if errors else shown.events,
        "kinds": KINDS,
        "deliveries": found,
        "state": state,
        "states": STATES,
        "older": None if older is None else f"?{urlencode(kept | {'before': older})}",
    }
    return ask.page("admin-webhook.html", status, errors=errors, **more)
