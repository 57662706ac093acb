"""
The clock: runs each sweep when it is due. A sweep finds what is due and does it, and is safe to repeat and to kill.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import assert_never

import structlog

from chat.core import events
from chat.core.deliveries import Delivery
from chat.core.errors import Unavailable
from chat.infra.gathered import Sweep
from chat.infra.services import Services

log = structlog.get_logger("chat.worker")


async def once(services: Services, sweeps: Mapping[str, Sweep]) -> dict[str, int]:
    """Run every sweep now, and return how much each did."""
    return {name: await each.run(services) for name, each in sweeps.items()}


async def run(services: Services, sweeps: Mapping[str, Sweep]) -> None:
    """Run the sweeps, each when it is due, and at once when somebody says that something is."""
    # An event each: one that is at work when something falls due must not miss it because another was quicker.
    due = {name: asyncio.Event() for name in sweeps}

    def heard(delivery: Delivery[events.ServerEvent]) -> None:
        event = delivery.event
        match event:
            case events.WorkDue() | events.EventsMissed():
                for each in due.values():
                    each.set()
            case events.KeyDestroyed() | events.LabelsChanged() | events.FilterVersionChanged():
                pass  # no work of a sweep
            case _:
                assert_never(event)

    services.bus.listen(events.SERVER, heard, heard)
    try:
        await asyncio.gather(*(_forever(services, sweeps[name], event) for name, event in due.items()))
    finally:
        services.bus.leave(events.SERVER, heard)


async def _forever(services: Services, sweep: Sweep, due: asyncio.Event) -> None:
    while True:
        try:
            done = await sweep.run(services)
            if done:
                log.info("swept", sweep=sweep.name, done=done)
        except Unavailable:
            log.warning("sweep put off", sweep=sweep.name)
        except Exception:  # the outermost loop: one failure must not end the sweep for good
            log.exception("sweep failed", sweep=sweep.name)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(due.wait(), sweep.seconds)
        due.clear()
