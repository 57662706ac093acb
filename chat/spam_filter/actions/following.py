"""Following what the other processes learn and unlearn, while this one's services are open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import assert_never

from chat.core import events
from chat.infra.services import Services
from chat.spam_filter.actions import training, versions

SETTLES = 20.0  # seconds


@asynccontextmanager
async def follow_labels(services: Services) -> AsyncIterator[None]:
    """Learn from what there is, then from what the others say, and let the accounts' heads follow that."""
    # First listen, then read: what another process says meanwhile must not be missed.
    learning: set[asyncio.Task[None]] = set()
    services.bus.listen(events.SERVER, services.filters, lambda delivery: _learn(services, delivery.event, learning))
    await training.fold(services)
    await versions.lead_all(services)
    settling = asyncio.create_task(_settle(services))
    try:
        yield
    finally:
        settling.cancel()
        await asyncio.gather(settling, *learning, return_exceptions=True)


async def _settle(services: Services) -> None:
    """Let the accounts' heads follow what was learnt, in a thread."""
    while True:
        await asyncio.to_thread(services.filters.settle)
        await asyncio.sleep(SETTLES)


def _learn(services: Services, event: events.ServerEvent, learning: set[asyncio.Task[None]]) -> None:
    """Take over what another process learnt or unlearnt, and which version it put to use."""
    work: Coroutine[None, None, None]
    match event:
        case events.LabelsChanged():
            work = training.refresh(services, event.account, event.contact)
        case events.FilterVersionChanged():
            work = versions.use_version(services, event.account)
        case events.EventsMissed():
            work = versions.resync(services)
        case events.KeyDestroyed() | events.WorkDue():
            return  # the filter has neither keys nor a clock
        case _:
            assert_never(event)
    task = asyncio.create_task(work)
    learning.add(task)
    task.add_done_callback(learning.discard)
