"""Who reads very much gives way to what is being written."""

import asyncio
import math
import threading

import pytest

from chat.infra import store
from chat.infra.services import Services

pytestmark = pytest.mark.anyio


async def test_a_reader_waits_until_nothing_is_written(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "WAY", math.inf)
    written, on = threading.Event(), services.store
    writing = on.in_writer(lambda: written.wait(60))
    reading = asyncio.create_task(asyncio.to_thread(on.give_way))
    done, _ = await asyncio.wait([reading], timeout=0.2)
    assert not done
    written.set()
    await asyncio.wait_for(writing, 60)
    await asyncio.wait_for(reading, 60)
    # The control: where nothing is written it waits for nothing.
    await asyncio.wait_for(asyncio.to_thread(on.give_way), 60)


async def test_it_waits_for_a_while_only(services: Services) -> None:
    written, on = threading.Event(), services.store
    writing = on.in_writer(lambda: written.wait(60))
    await asyncio.wait_for(asyncio.to_thread(on.give_way), 60)
    assert not writing.done()
    written.set()
    assert await writing


async def test_a_write_that_fails_is_not_under_way(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "WAY", math.inf)

    def fails() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await services.store.in_writer(fails)
    await asyncio.wait_for(asyncio.to_thread(services.store.give_way), 60)
