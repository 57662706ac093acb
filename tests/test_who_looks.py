"""Agents see who else looks at a ticket: while they do and no longer, and of no ticket that is not theirs to see."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from chat.core import frames
from chat.core.deliveries import Delivery
from chat.core.events import LookingChanged, ticket_channel
from chat.core.ids import uuid7
from chat.core.model import Actor
from chat.infra.services import Services
from chat.team.actions import agents
from chat.tickets.actions import tickets
from chat.tickets.sockets import looking
from chat.tickets.sockets.agent import AgentSocket
from chat.tickets.sockets.looking import AgentNames, LookingAt
from chat.tickets.sockets.view import Watched
from tests.inside import Inner, Served, inner_socket
from tests.test_roles import Person, joined

pytestmark = pytest.mark.anyio
MANY = 200


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket tells again as soon as something has changed."""
    monkeypatch.setattr(looking, "NEXT", 0.01)


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


@dataclass(eq=False)
class Looker:
    """An agent's socket that looks at a ticket, without a wire; `heard` is what it is told."""

    services: Services
    actor: Actor | None
    names: AgentNames
    watched: Watched
    events: int = 0
    heard: list[frames.OutboundFrame] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        """It listens."""
        self.at = LookingAt(self, self.names)
        self.services.bus.listen(ticket_channel(self.watched.opened.ticket.id), self, self._hear)

    def tell(self, frame: frames.OutboundFrame) -> None:
        """Keep it."""
        self.heard.append(frame)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run it."""
        self.tasks.add(asyncio.create_task(work))

    def _hear(self, delivery: Delivery[Any]) -> None:
        self.events += 1
        if delivery.source is not self:
            self.at.heard(delivery.event, self.watched)

    @property
    def sees(self) -> int:
        """How many others it was told of last."""
        last = self.heard[-1] if self.heard else None
        return len(last.agents) if isinstance(last, frames.LookingOut) else 0


async def test_two_hundred_who_look_at_one_ticket_cost_few_queries_and_frames(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "NEXT", 0.2)
    await (await app.house.visit()).say("hello")
    opened = await tickets.one(app.services, app.house.actor, 1)
    asked = [0]

    async def names(_: Services, __: str) -> dict[str, str]:
        asked[0] += 1
        return {str(number): f"Agent {number}" for number in range(MANY)}

    monkeypatch.setattr(agents, "names", names)

    async def cost(of: AgentNames) -> tuple[int, int, int]:
        """How many queries, frames and events it takes until each of them sees all the others."""
        asked[0] = 0
        here = []
        for number in range(MANY):
            actor = replace(app.house.actor, agent_id=str(number))
            here.append(Looker(app.services, actor, of, Watched(opened, *[None] * 3)))  # type: ignore[arg-type] # nothing is said
            here[-1].at.at(here[-1].watched, str(number))
        async with asyncio.timeout(60):
            while any(each.sees != MANY - 1 for each in here):  # noqa: ASYNC110 - two hundred tell nobody when
                await asyncio.sleep(0.02)
        for each in here:
            app.services.bus.leave(ticket_channel(opened.ticket.id), each)
            for task in each.tasks:
                task.cancel()
        return asked[0], sum(len(each.heard) for each in here), sum(each.events for each in here)

    queries, said, heard = await cost(AgentNames(app.services, set()))
    assert queries <= 10
    assert said <= 5 * MANY
    assert heard <= 5 * MANY * MANY
    # The control: names that each reads for itself.
    monkeypatch.setattr(AgentNames, "of", lambda _, of: names(app.services, of))
    queries, *_ = await cost(AgentNames(app.services, set()))
    assert queries >= MANY


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_whoever_comes_has_the_names_read_once_for_all_who_are_there(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [await joined(app.house, "agent", str(number)) for number in range(12)]
    read, names = [0], agents.names

    async def counted(services: Services, account: str) -> dict[str, str]:
        read[0] += 1
        return await names(services, account)

    async def cost() -> int:
        """How often all names are read until all of them are there and each knows of each."""
        read[0] = 0
        async with AsyncExitStack() as stack:
            here = [await stack.enter_async_context(inner_socket(app, "/ws/agent", each.bearer)) for each in people]
            for each in here:
                await each("", "welcome")
            for each in here:
                while len({one["agent"]["id"] for one in each.heard if one["type"] == "presence"}) < len(people) - 1:
                    await each("", "presence")
        return read[0]

    monkeypatch.setattr(agents, "names", counted)
    assert await cost() <= 4 * len(people)
    # The control: each reads them for itself.
    monkeypatch.setattr(AgentNames, "of", lambda self, account: counted(self._services, account))
    assert await cost() > 4 * len(people)
