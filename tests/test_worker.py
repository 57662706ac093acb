"""The clock: what falls due while a sweep is at work is not missed."""

import asyncio

import pytest

from chat import worker
from chat.core.events import WorkDue
from chat.infra.gathered import Sweep
from chat.infra.services import Services

ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@ON_SQLITE
async def test_what_falls_due_while_a_sweep_is_at_work_is_done_by_its_next_round(services: Services) -> None:
    begun, go_on, rounds = asyncio.Event(), asyncio.Event(), asyncio.Semaphore(0)

    async def slow(_: Services) -> int:
        rounds.release()
        begun.set()
        await go_on.wait()
        return 0

    async def quick(_: Services) -> int:
        return 0

    sweeps = (Sweep("slow", slow, 3600.0), Sweep("quick", quick, 3600.0))
    working = asyncio.create_task(worker.run(services, {each.name: each for each in sweeps}))
    await begun.wait()
    await rounds.acquire()
    services.bus.publish(WorkDue())
    await asyncio.sleep(0.05)  # the quick one has its round
    go_on.set()
    await asyncio.wait_for(rounds.acquire(), 10)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
