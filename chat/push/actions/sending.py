"""
Waking devices. A call waits a moment for a window in focus to say that its agent knows; then each device of whom it
concerns is woken by its push service, which is told nothing: the device asks this server what to say.

A device is claimed before it is woken and noted after. Killed in between, it is woken again: twice rather than never.
"""

from __future__ import annotations

import asyncio

import structlog

from chat.core.errors import LetheError, Unavailable
from chat.core.outbound import AddressRefused, read_url
from chat.infra.outbound import Unreached
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.push import domain, store
from chat.push.actions import calling
from chat.push.store import SubscriptionRow

SOME, AT_ONCE = 100, 16
SECONDS = 5.0
"""So long a push service is waited for, while the others are asked."""
GOOD, LATER = range(200, 300), {0, 408, 425, 429, *range(500, 600)}
log = structlog.get_logger("chat.push")


async def sweep(services: Services) -> int:
    """Find whom what happened concerns, wake their devices, and return how many were."""
    before = services.clock() - domain.GRACE
    if await services.store.read(lambda tx: store.calls_due(tx, before, 1)):
        await services.store.write(lambda tx: _spread(services, tx, before))
    rows = await services.store.read(lambda tx: store.due(tx, services.clock(), SOME))
    under_way = asyncio.Semaphore(AT_ONCE)
    return sum(await asyncio.gather(*(_wake(services, each, under_way) for each in rows)))


async def drop_old(services: Services) -> int:
    """Delete what agents were called for more than an hour ago, and return how much."""
    return await services.store.write(lambda tx: store.drop_calls(tx, services.clock() - domain.HOUR))


def _spread(services: Services, tx: Tx, before: int) -> None:
    now = services.clock()
    for each in store.calls_due(tx, before, SOME):
        if each.at > now - domain.HOUR:
            store.wake(tx, calling.concerned(services, tx, each), each.at, now)
        store.mark_spread(tx, each)


async def _wake(services: Services, row: SubscriptionRow, under_way: asyncio.Semaphore) -> bool:
    async with under_way:
        until = services.clock() + domain.LEASE
        if not await services.store.write(lambda tx: store.claim(tx, row, until)):
            return False
        # In no transaction: a push service may take its time, and whoever writes would wait for it.
        status = await _ask(services, row)
        await services.store.write(lambda tx: _settle(services, tx, row, until, status))
        return status in GOOD


async def _ask(services: Services, row: SubscriptionRow) -> int:
    """Return what a push service answers, 0 for nothing, and 410 where the device's address cannot be read any more."""
    try:
        url = services.unseal(row.key_slot, row.agent_id, f"push/{row.id}", row.endpoint)
    except Unavailable:
        return 0  # the keys are away for now
    except LetheError:
        url = None
    if not url:
        return 410
    key, now = domain.key_of(services.index_key), services.clock()
    try:
        headers = domain.headers_of(key, read_url(url), services.settings.base_url, now)
        return (await services.outbound.ask("POST", url, headers=headers, seconds=SECONDS)).status
    except AddressRefused as error:
        # Unknown is a name that is not found just now; any other leads nowhere that may be asked.
        return 0 if error.why == "unknown" else 410
    except Unreached:
        return 0


def _settle(services: Services, tx: Tx, row: SubscriptionRow, until: int, status: int) -> None:
    if status in GOOD:
        store.settle(tx, row, until, None)
        return
    log.warning("device not woken", subscription=row.id, status=status, tries=row.tries + 1)
    if status not in LATER:
        store.drop(tx, row.id)  # gone (404, 410), or not ours to wake
        return
    waits = domain.WAITS[row.tries] if row.tries < len(domain.WAITS) else None
    store.settle(tx, row, until, None if waits is None else services.clock() + waits)
