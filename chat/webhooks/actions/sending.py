"""
Sending what is due: of each ticket in order, a few at a time of each endpoint, tried again for three days.

A message is claimed before it is sent and noted after. Killed in between, it is sent again under the same id, which is
what receivers know it by: twice rather than never.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import monotonic
from typing import Any

import structlog

from chat.agent_mail import actions as agent_mail
from chat.core.clock import DAY
from chat.core.events import WorkDue
from chat.core.outbound import AddressRefused
from chat.erasure.store import recipients
from chat.infra.audit import audit
from chat.infra.outbound import Unreached
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team import store as agents
from chat.webhooks.actions import payloads, recording, signing
from chat.webhooks.domain import PATIENCE, asked_wait, wait
from chat.webhooks.store import deliveries, endpoints
from chat.webhooks.store.deliveries import DeliveryRow
from chat.webhooks.store.endpoints import WebhookRow

AT_ONCE, IN_FLIGHT = 4, 16
"""So many requests are under way to one endpoint, and to all of them, of one process."""
LEASE = 60_000
"""A claim (ms) lasts far longer than a request may: what is under way is nobody else's."""
TURN = 5.0
"""So many seconds an endpoint is served in one round, so that a slow one keeps others waiting no longer."""
KEPT_DAYS, CHUNK = 14, 1000
GOOD, GONE, BUSY = range(200, 300), 410, (429, 503)
MANAGERS = ("owner", "admin")
log = structlog.get_logger("chat.webhooks")


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """A request as it goes out: where to, its id, when it is sent (in seconds), its body, and its signatures."""

    url: str
    id: str
    at: int
    body: bytes
    signed: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    How a request went: the status that it was answered with, or in a word `why` there was none; its ms, how many bytes
    of the answer were read, and for how many ms the receiver asks to be left alone.
    """

    status: int | None
    why: str | None
    took: int
    size: int | None
    asked: int = 0

    @property
    def is_good(self) -> bool:
        """Whether the receiver took it."""
        return self.status is not None and self.status in GOOD


async def sweep(services: Services) -> int:
    """Send what is due to every endpoint, and return how much was taken."""
    found = await services.store.read(lambda tx: deliveries.endpoints_due(tx, services.clock()))
    under_way = asyncio.Semaphore(IN_FLIGHT)
    return sum(await asyncio.gather(*(_serve(services, each, under_way) for each in found)))


async def drop_old(services: Services) -> int:
    """Delete what is older than two weeks, and return how much."""
    dropped, before = 0, services.clock() - KEPT_DAYS * DAY
    while some := await services.store.write(lambda tx: deliveries.drop_before(tx, before, CHUNK)):
        dropped += some
    return dropped


async def _serve(services: Services, webhook_id: str, under_way: asyncio.Semaphore) -> int:
    """Send what is due to one endpoint, until something fails or its turn is over. Return how much was taken."""
    taken, until = 0, monotonic() + TURN
    while monotonic() < until:
        rows = await services.store.read(lambda tx: deliveries.due(tx, webhook_id, services.clock(), AT_ONCE))
        went = await asyncio.gather(*(_send(services, webhook_id, each, under_way) for each in rows))
        taken += sum(went)
        if not went or not all(went):
            break
    return taken


async def _send(services: Services, webhook_id: str, row: DeliveryRow, under_way: asyncio.Semaphore) -> bool:
    async with under_way:
        message = await services.store.write(lambda tx: _claim(services, tx, webhook_id, row))
        if message is None:
            return False
        # In no transaction: a receiver may take its time, and whoever writes would wait for it.
        outcome = await _ask(services, message)
        paused = await services.store.write(lambda tx: _settle(services, tx, webhook_id, row, outcome))
    if paused:
        services.bus.publish(WorkDue())
    return outcome.is_good


def _claim(services: Services, tx: Tx, webhook_id: str, row: DeliveryRow) -> SignedMessage | None:
    """
    Take a delivery and make its message. None where it is another's, or its endpoint is paused, asks to be left alone
    or does not hold.
    """
    now = services.clock()
    endpoint = endpoints.by_id(tx, webhook_id)
    if endpoint is None or endpoint.state != "active" or (endpoint.busy_until or 0) > now:
        return None
    if not deliveries.claim(tx, row, now + LEASE):
        return None
    body = payloads.body_of(services, tx, endpoint, row)
    at = now // 1000
    return SignedMessage(endpoint.url, row.uid, at, body, signing.signatures(services, endpoint, row.uid, at, body))


async def _ask(services: Services, message: SignedMessage) -> Outcome:
    began, status, why, size, asked = monotonic(), None, None, None, 0
    headers = {
        "content-type": "application/json",
        "webhook-id": message.id,
        "webhook-timestamp": str(message.at),
        "webhook-signature": message.signed,
    }
    try:
        answer = await services.outbound.ask("POST", message.url, headers=headers, content=message.body)
        status, size = answer.status, len(answer.body)
        if status in BUSY:
            asked = asked_wait(answer.headers.get("retry-after", ""), services.clock())
    except AddressRefused as error:
        why = error.why
    except Unreached as error:
        why = error.why
    return Outcome(status, why, round((monotonic() - began) * 1000), size, asked)


def _settle(services: Services, tx: Tx, webhook_id: str, row: DeliveryRow, outcome: Outcome) -> bool:
    """Note how it went, and return whether its endpoint was paused for it."""
    now = services.clock()
    said: dict[str, Any] = {"status": outcome.status, "why": outcome.why, "took": outcome.took, "size": outcome.size}
    # Locked first, as who deletes it does: one answer at a time counts.
    endpoint = endpoints.by_id(tx, webhook_id, lock=True)
    failing = (endpoint and endpoint.failing_since) or now
    left = failing + PATIENCE - now
    if outcome.asked:
        endpoints.mark_busy(tx, webhook_id, now + min(outcome.asked, left))
    waits = wait(row.tries + 1, outcome.asked, left)
    state = "sent" if outcome.is_good else "failed" if waits is None else "waiting"
    due_at = now if outcome.is_good or waits is None else now + waits
    if not deliveries.settle(tx, row, state=state, due_at=due_at, tried_at=now, **said) or endpoint is None:
        return False  # erased or deleted meanwhile, or taken by another after the lease
    if outcome.is_good:
        endpoints.mark_well(tx, webhook_id)
        _note_notified(services, tx, endpoint, row)
        return False
    log.warning("webhook not taken", delivery=row.uid, status=outcome.status, why=outcome.why, tries=row.tries + 1)
    endpoints.mark_failing(tx, webhook_id, now)
    return _give_up(services, tx, endpoint, outcome)


def _note_notified(services: Services, tx: Tx, endpoint: WebhookRow, row: DeliveryRow) -> None:
    """Note that this endpoint was told of an erasure or a correction (Art. 19 GDPR)."""
    if row.kind == recording.CORRECTED:
        whom = endpoint.id, row.contact_uid
        audit.record(services, tx, endpoint.account_id, "system", "recipient.corrected", *whom)
    erasure = row.more.get("erasure")
    if erasure and recipients.mark_notified(tx, erasure, endpoint.id, services.clock()):
        audit.record(services, tx, endpoint.account_id, "system", "recipient.told", erasure)


def _give_up(services: Services, tx: Tx, endpoint: WebhookRow, outcome: Outcome) -> bool:
    """Pause an endpoint that says it is gone, or took nothing for three days, and write to owners and admins once."""
    gone = outcome.status == GONE
    now = services.clock()
    if not gone and now - (endpoint.failing_since or now) < PATIENCE:
        return False
    if not endpoints.pause(tx, endpoint.id, "gone" if gone else "failing"):
        return False
    audit.record(services, tx, endpoint.account_id, "system", "webhook.paused", endpoint.id)
    for each in agents.of_account(tx, endpoint.account_id):
        if each.role in MANAGERS and each.deactivated_at is None:
            agent_mail.queue(services, tx, each, "webhooks.mail.gone" if gone else "webhooks.mail", name=endpoint.name)
    return True
