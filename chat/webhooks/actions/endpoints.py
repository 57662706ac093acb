"""Endpoints: making, changing, pausing and deleting them, and their secrets."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET, UnsetType

from chat.core import access, scopes, texts
from chat.core.errors import Forbidden, InvalidField, NotFound, NotNow
from chat.core.events import WorkDue
from chat.core.ids import uuid7, uuid_bytes, uuid_text
from chat.core.model import Actor
from chat.core.scopes import VISITOR_DATA
from chat.core.versions import ANY, Precondition
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.webhooks.actions import signing
from chat.webhooks.actions.views import WebhookView, view
from chat.webhooks.domain import KINDS, OVERLAP, make_secret
from chat.webhooks.store import endpoints
from chat.webhooks.store.endpoints import WebhookRow

NAME, EACH = 100, 20
"""So long may a name be, and so many endpoints may an account have."""


@dataclass(frozen=True, slots=True)
class WantedWebhook:
    """An endpoint to make: which events it is told of, and whether with what visitors wrote and gave."""

    name: str
    url: str
    events: Collection[str]
    visitor_data: bool = False
    id: str | None = None


@dataclass(frozen=True, slots=True)
class WebhookChange:
    """What of an endpoint is to be another."""

    name: str | UnsetType = UNSET
    url: str | UnsetType = UNSET
    events: Collection[str] | UnsetType = UNSET
    visitor_data: bool | UnsetType = UNSET
    paused: bool | UnsetType = UNSET


async def webhooks(services: Services, actor: Actor) -> list[WebhookView]:
    """Return the account's endpoints by name."""
    access.require(actor, "webhook.read")
    found = await services.store.read(lambda tx: endpoints.of_account(tx, actor.account_id))
    return [view(services, row) for row in found]


async def one(services: Services, actor: Actor, webhook_id: str) -> WebhookView:
    """Return an endpoint of the account. Raises NotFound."""
    access.require(actor, "webhook.read")
    return view(services, await services.store.read(lambda tx: endpoints.one(tx, actor.account_id, webhook_id)))


async def make(services: Services, actor: Actor, wanted: WantedWebhook) -> WebhookView:
    """
    Make an endpoint, and return it with its secret. Asked for again under the same id, it is returned without. Raises
    InvalidField, Forbidden, NotNow.
    """
    access.require(actor, "webhook.change")
    webhook_id, secret = uuid_text(uuid_bytes(wanted.id)) if wanted.id else uuid7(), make_secret()
    made = {
        "id": webhook_id,
        "account_id": actor.account_id,
        "name": _name(wanted.name),
        "url": (await services.outbound.check(wanted.url)).url,
        "events": _kinds(wanted.events),
        "visitor_data": _granted(actor, grants=wanted.visitor_data),
        "secret": signing.sealed(services, webhook_id, secret),
        "state": "active",
        "created_at": services.clock(),
    }

    def work(tx: Tx) -> tuple[WebhookRow, bool]:
        known = {each.id for each in endpoints.of_account(tx, actor.account_id)}
        if webhook_id not in known and len(known) >= EACH:
            raise NotNow(f"An account has at most {EACH} webhooks; delete one that is not needed")
        new = endpoints.add(tx, made)
        row = _taken(tx, actor, webhook_id)
        if new:
            audit.record(services, tx, actor.account_id, actor.agent_id, "webhook.made", webhook_id)
            _enter_grant(services, tx, actor, webhook_id, before=False, after=row.visitor_data)
        return row, new

    row, new = await services.store.write(work)
    return view(services, row, secret if new else None)


async def change(
    services: Services, actor: Actor, webhook_id: str, wanted: WebhookChange, expected: Precondition = ANY
) -> WebhookView:
    """
    Change an endpoint, pause it, or let it go on. Raises InvalidField, Forbidden, NotFound, and ChangedMeanwhile where
    it is not as `expected`.
    """
    access.require(actor, "webhook.change")
    values: dict[str, Any] = {}
    if wanted.name is not UNSET:
        values["name"] = _name(wanted.name)
    if wanted.url is not UNSET:
        values |= {"url": (await services.outbound.check(wanted.url)).url, "busy_until": None}
    if wanted.events is not UNSET:
        values["events"] = _kinds(wanted.events)
    if wanted.visitor_data is not UNSET:
        values["visitor_data"] = wanted.visitor_data
    if wanted.paused is not UNSET:
        values |= {"state": "paused", "paused_by": "hand"} if wanted.paused else _RESUMED

    def work(tx: Tx) -> WebhookRow:
        row = endpoints.one(tx, actor.account_id, webhook_id, lock=True)
        expected.require(view(services, row))
        _granted(actor, grants=values.get("visitor_data", False) and not row.visitor_data)
        if row.visitor_data and values.get("url", row.url) != row.url:
            _granted(actor, grants=True)  # who leads what visitors wrote elsewhere gives it away as well
        endpoints.change(tx, row, **values)
        changed = endpoints.one(tx, actor.account_id, webhook_id)
        _enter_change(services, tx, actor, row, changed)
        return changed

    row = await services.store.write(work)
    services.bus.publish(WorkDue())
    return view(services, row)


async def delete(services: Services, actor: Actor, webhook_id: str, expected: Precondition = ANY) -> None:
    """Delete an endpoint with what it was to be told. Raises NotFound, ChangedMeanwhile."""
    access.require(actor, "webhook.change")

    def work(tx: Tx) -> None:
        expected.require(view(services, endpoints.one(tx, actor.account_id, webhook_id, lock=True)))
        endpoints.drop(tx, webhook_id)
        audit.record(services, tx, actor.account_id, actor.agent_id, "webhook.deleted", webhook_id)
        services.ledger.enter(services.clock(), "webhook", {"webhook": webhook_id, "gone": True})

    await services.store.write(work)


async def rotate(services: Services, actor: Actor, webhook_id: str) -> WebhookView:
    """Give an endpoint a new secret, shown this once. For a day requests are signed with the one before too."""
    access.require(actor, "webhook.change")
    secret = make_secret()

    def work(tx: Tx) -> WebhookRow:
        row = endpoints.one(tx, actor.account_id, webhook_id, lock=True)
        until = services.clock() + OVERLAP
        kept = signing.sealed(services, webhook_id, secret)
        endpoints.change(tx, row, secret=kept, old_secret=row.secret, old_until=until)
        audit.record(services, tx, actor.account_id, actor.agent_id, "webhook.rotated", webhook_id)
        services.ledger.enter(services.clock(), "webhook", {"webhook": webhook_id, "gone": False})
        return endpoints.one(tx, actor.account_id, webhook_id)

    return view(services, await services.store.write(work), secret)


_RESUMED = {"state": "active", "paused_by": None, "failing_since": None, "busy_until": None}


def _enter_change(services: Services, tx: Tx, actor: Actor, before: WebhookRow, after: WebhookRow) -> None:
    """Enter what was changed, in the audit log and, so that no restore puts it back, in the ledger."""
    said = [] if before.state == after.state else ["webhook.paused" if after.state == "paused" else "webhook.resumed"]
    if not said or before.mac != after.mac or before.name != after.name:
        said.append("webhook.changed")
    for action in said:
        audit.record(services, tx, actor.account_id, actor.agent_id, action, after.id)
    _enter_grant(services, tx, actor, after.id, before=before.visitor_data, after=after.visitor_data)
    services.ledger.enter(services.clock(), "webhook", {"webhook": after.id, "gone": False})


def _enter_grant(services: Services, tx: Tx, actor: Actor, webhook_id: str, *, before: bool, after: bool) -> None:
    if before != after:
        action = "webhook.granted" if after else "webhook.narrowed"
        audit.record(services, tx, actor.account_id, actor.agent_id, action, webhook_id)


def _granted(actor: Actor, *, grants: bool) -> bool:
    """Return whether what visitors wrote is given. Raises Forbidden where who gives it may not see it."""
    if grants and not scopes.has(actor.scopes, VISITOR_DATA):
        raise Forbidden(f"This API token lacks the scope {VISITOR_DATA}, and gives none away", scopes=[VISITOR_DATA])
    return grants


def _taken(tx: Tx, actor: Actor, webhook_id: str) -> WebhookRow:
    try:
        return endpoints.one(tx, actor.account_id, webhook_id)
    except NotFound:
        raise InvalidField("This id is taken; make another", field="id") from None


def _name(value: str) -> str:
    name = texts.line(value)
    if not 0 < len(name) <= NAME:
        raise InvalidField(f"Give 1 to {NAME} characters", field="name")
    return name


def _kinds(wanted: Collection[str]) -> str:
    if not wanted or not set(wanted) <= set(KINDS):
        raise InvalidField(f"Give events, each one of {', '.join(KINDS)}", field="events")
    return " ".join(each for each in KINDS if each in wanted)
