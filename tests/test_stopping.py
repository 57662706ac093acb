"""A server that stops ends what it still reads before it closes what that reads from."""

import asyncio
from typing import Any

import pytest

from chat.core.settings import Settings
from chat.tickets.actions import tickets
from chat.tickets.sockets.context import ChatContext, Feed
from tests.inside import inner_socket, served

pytestmark = pytest.mark.anyio


async def left_running(settings: Settings, patch: pytest.MonkeyPatch) -> list[asyncio.Task[Any]]:
    """The tasks of a list that are at work once a server has stopped while its list was read."""
    reads = asyncio.Event()

    async def slow(*_: object) -> list[Any]:
        reads.set()
        await asyncio.sleep(60)
        return []

    patch.setattr(tickets, "summaries", slow)
    async with served(settings) as app:
        guest = await app.house.visit("Zoe")
        async with inner_socket(app, "/ws/agent", app.house.bearer) as agent:
            await agent("", "welcome")
            await guest.say("Hello?")
            async with asyncio.timeout(60):
                await reads.wait()
    return [each for each in asyncio.all_tasks() if getattr(each.get_coro(), "__qualname__", "") == "Feed._run"]


async def test_a_list_that_is_read_ends_with_the_server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await left_running(settings, monkeypatch) == []


async def test_the_control_a_server_that_only_drains_leaves_it_at_work(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ChatContext, "stop", lambda self: self.postbox.drain())
    left = await left_running(settings, monkeypatch)
    assert [each.get_coro().__qualname__ for each in left] == [Feed._run.__qualname__]  # type: ignore[union-attr] # ours
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
