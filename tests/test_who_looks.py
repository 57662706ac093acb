"""Agents see who else looks at a ticket: while they do and no longer, and of no ticket that is not theirs to see."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from chat.core.deliveries import Delivery
from chat.core.events import LookingChanged
from chat.core.ids import uuid7
from chat.tickets.sockets import looking
from chat.tickets.sockets.agent import AgentSocket
from tests.inside import Inner, Served, inner_socket
from tests.test_roles import Person, joined

pytestmark = pytest.mark.anyio


@pytest.fixture
async def other(app: Served) -> AsyncIterator[tuple[Person, Inner, Inner, AsyncExitStack]]:
    """An agent beside the owner, each with the first ticket open on a socket."""
    await (await app.house.visit()).say("hello")
    agent = await joined(app.house, "agent")
    async with AsyncExitStack() as mine, AsyncExitStack() as theirs:
        one = await mine.enter_async_context(inner_socket(app, "/ws/agent", app.house.bearer))
        two = await theirs.enter_async_context(inner_socket(app, "/ws/agent", agent.bearer))
        for each in (one, two):
            await each("", "welcome")
            await each("open", "welcome", ticket=1)
        yield agent, one, two, theirs


async def seen(socket: Inner) -> list[str]:
    """The names that the socket is told next."""
    frame: dict[str, Any] = await socket("", "looking")
    assert frame["ticket"] == 1
    return [each["name"] for each in frame["agents"]]


async def test_each_sees_the_other_until_the_socket_ends(
    other: tuple[Person, Inner, Inner, AsyncExitStack],
) -> None:
    _, one, two, theirs = other
    await one("looking", "", ticket=1)
    assert await seen(two) == ["Acme"]
    await two("looking", "", ticket=1)
    assert await seen(one) == ["Agent"]
    await two("looking", "", ticket=None)
    assert await seen(one) == []
    await two("looking", "", ticket=1)
    assert await seen(one) == ["Agent"]
    await theirs.aclose()
    assert await seen(one) == []


async def test_who_comes_later_hears_who_is_there_and_nobody_sees_a_ticket_that_is_not_open(
    app: Served, other: tuple[Person, Inner, Inner, AsyncExitStack]
) -> None:
    agent, one, two, _ = other
    await two("looking", "", ticket=1)
    assert await seen(one) == ["Agent"]
    async with inner_socket(app, "/ws/agent", app.house.bearer) as third:
        await third("", "welcome")
        await third("looking", "", ticket=1)  # it is not open there
        await third("open", "welcome", ticket=1)
        assert "looking" not in {each["type"] for each in third.heard}
        await third("looking", "", ticket=1)
        assert await seen(third) == ["Agent"]
    assert agent.id


async def test_a_process_that_was_killed_is_believed_no_longer(
    app: Served, other: tuple[Person, Inner, Inner, AsyncExitStack], monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, one, _, _ = other
    sockets = [each for each in app.context.agents if isinstance(each, AgentSocket)]
    ref = next(iter(sockets[0].watched.values())).opened.ticket.ref
    await one("looking", "", ticket=1)
    app.services.bus._tell(Delivery(LookingChanged(ref, agent.id, uuid7(), on=True), source="a process"))
    assert await seen(one) == ["Agent"]
    await one("looking", "", ticket=1)
    await one("ping", "pong")
    assert [each["agents"] for each in one.heard if each["type"] == "looking"][-1]
    monkeypatch.setattr(looking, "LASTS", 0.0)
    await one("looking", "", ticket=1)
    assert await seen(one) == []
