"""Who hears what: the form within one process and the form over Redis behave alike, and Redis learns ids only."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest
from redis.asyncio import Redis

from chat.core.macs import Macs
from chat.core.nudges import Nudge, Told
from chat.infra.bus import Bus, open_bus
from chat.infra.bus import file as left
from chat.infra.bus import memory as here
from chat.infra.bus import redis as across
from chat.infra.bus.redis import RedisBus
from tests.services import Valkey

pytestmark = pytest.mark.anyio
MACS = Macs(b"s" * 32)
MESSAGE = Nudge("message", account="a", contact=1, ticket=2, number=3, seq=4)


@pytest.fixture(params=["memory", "redis"])
async def bus(request: pytest.FixtureRequest, anyio_backend: str) -> AsyncIterator[Bus]:
    """Each form in turn."""
    assert anyio_backend == "asyncio"
    made = RedisBus(request.getfixturevalue("redis_url"), MACS) if request.param == "redis" else Bus()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def pair(redis_url: str, anyio_backend: str) -> AsyncIterator[tuple[Bus, Bus]]:
    """Two processes' worth, each hearing the other."""
    assert anyio_backend == "asyncio"
    one, other = RedisBus(redis_url, MACS), RedisBus(redis_url, MACS)
    heard: dict[Bus, list[str]] = {one: [], other: []}
    for each in (one, other):
        await each.start()
        each.listen("account:ready", "test", lambda told, to=heard[each]: to.append(told.nudge.agent))  # type: ignore[misc] # bound at once
    asked = 0
    while not (heard[one].count("other") and heard[other].count("one")):
        one.publish(Told(Nudge("signout", account="ready", agent="one")))
        other.publish(Told(Nudge("signout", account="ready", agent="other")))
        await asyncio.sleep(0.02)
        asked += 1
        assert asked < 500
    yield one, other
    await one.stop()
    await other.stop()


async def until(true: Callable[[], bool]) -> None:
    """Waits until something is true."""
    limit = time.monotonic() + 30
    while not true():
        assert time.monotonic() < limit, "it did not come true"
        await asyncio.sleep(0.02)


async def test_those_who_listen_are_told_at_once_and_nobody_else(bus: Bus) -> None:
    heard: list[tuple[str, Told]] = []
    for channel in ("ticket:2", "contact:1", "contact:9", "account:a"):
        bus.listen(channel, "me", lambda told, to=channel: heard.append((to, told)))  # type: ignore[misc] # bound at once
    told = Told(MESSAGE, entry="what was said")
    bus.publish(told)
    assert heard == [("ticket:2", told), ("contact:1", told)]


async def test_who_caused_it_is_not_told_and_who_has_left_neither(bus: Bus) -> None:
    heard: list[str] = []
    for owner in ("one", "two", "three"):
        bus.listen("ticket:2", owner, lambda _, to=owner: heard.append(to))  # type: ignore[misc] # bound at once
    bus.leave("ticket:2", "two")
    bus.publish(Told(MESSAGE, source="one"))
    assert heard == ["three"]


async def test_an_agent_is_as_present_as_the_most_present_of_their_sockets(bus: Bus) -> None:
    assert (bus.online("a"), bus.status("a", "zoe")) == (False, "offline")
    bus.present("a", "zoe", "away", "first")
    assert (bus.online("a"), bus.status("a", "zoe")) == (False, "away")
    bus.present("a", "zoe", "online", "second")
    assert (bus.online("a"), bus.agents("a")) == (True, {"zoe": "online"})
    assert bus.online("b") is False
    bus.present("a", "zoe", "offline", "second")
    assert bus.status("a", "zoe") == "away"
    bus.present("a", "zoe", "offline", "first")
    assert bus.agents("a") == {}


async def test_an_allowance_is_spent_refused_and_comes_back(bus: Bus) -> None:
    assert [await bus.allow("key", 3, 1.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    wait = await bus.allow("key", 3, 1.0)
    assert 0 < wait <= 1
    assert await bus.allow("another", 3, 1.0) == 0.0
    limit = time.monotonic() + 30
    while await bus.allow("key", 3, 1.0):
        assert time.monotonic() < limit
        await asyncio.sleep(0.1)


async def test_a_nudge_reaches_the_other_process_without_what_was_said(pair: tuple[Bus, Bus]) -> None:
    one, other = pair
    heard: list[Told] = []
    other.listen("ticket:2", "me", heard.append)
    one.publish(Told(MESSAGE, entry="a secret that stays here", source="socket"))
    await until(lambda: bool(heard))
    assert [(each.nudge, each.entry) for each in heard] == [(MESSAGE, None)]


async def test_nothing_but_ids_and_numbers_goes_over_redis(pair: tuple[Bus, Bus], redis_url: str) -> None:
    one, _ = pair
    async with Redis.from_url(redis_url) as client, client.pubsub() as line:
        await line.psubscribe("*")
        await line.get_message(timeout=5)
        one.publish(Told(MESSAGE, entry="a secret that stays here"))
        await one.allow("signin:0f3a", 10, 60)
        got = None
        while got is None or b'"message"' not in got["data"]:
            got = await line.get_message(ignore_subscribe_messages=True, timeout=5)
        assert b"secret" not in got["data"]
        assert list(await client.keys()) == [b"lethe:allow:signin:0f3a"]
        assert 0 < await client.ttl("lethe:allow:signin:0f3a") <= 60


async def test_presence_and_allowances_are_shared_by_processes(pair: tuple[Bus, Bus]) -> None:
    one, other = pair
    one.present("a", "zoe", "online", "socket")
    await until(lambda: other.online("a"))
    one.present("a", "zoe", "offline", "socket")
    await until(lambda: not other.online("a"))
    assert [await bus.allow("key", 2, 60) > 0 for bus in (one, other, one)] == [False, False, True]


async def test_without_redis_a_process_goes_on_alone_and_catches_up_afterwards(anyio_backend: str) -> None:
    assert anyio_backend == "asyncio"
    with Valkey() as server:
        bus = RedisBus(server.url, MACS)
        heard: list[str] = []
        bus.listen("ticket:2", "me", lambda told: heard.append(told.nudge.kind))
        await bus.start()
        await until(lambda: heard.count("resync") == 1)
        server.stop()
        assert await bus.ready() is False
        bus.publish(Told(MESSAGE))
        assert heard == ["resync", "message"]
        assert [await bus.allow("key", 1, 60) > 0 for _ in range(2)] == [False, True]
        server.start()
        await until(lambda: heard.count("resync") == 2)
        assert await bus.ready() is True
        await bus.stop()


async def test_what_was_told_last_before_a_process_ends_still_goes_out(redis_url: str, anyio_backend: str) -> None:
    assert anyio_backend == "asyncio"
    stays, goes = RedisBus(redis_url, MACS), RedisBus(redis_url, MACS)
    heard: list[int] = []
    for each in (stays, goes):
        await each.start()
    ready: list[Told] = []
    stays.listen("server", "me", ready.append)
    await until(lambda: bool(ready))
    stays.listen("ticket:2", "me", lambda told: heard.append(told.nudge.seq))
    goes.publish(*(Told(Nudge("message", ticket=2, seq=seq)) for seq in range(100)))
    await goes.stop()
    await until(lambda: heard == list(range(100)))
    await stays.stop()


async def test_what_cannot_be_read_makes_nobody_deaf(pair: tuple[Bus, Bus], redis_url: str) -> None:
    one, other = pair
    heard: list[Told] = []
    other.listen("ticket:2", "me", heard.append)
    async with Redis.from_url(redis_url) as redis:
        for line in (b"nonsense", b'["x",[{"kind":"of another version"}]]'):
            await redis.publish(across.CHANNEL, MACS.marked("nudges", line))
    one.publish(Told(MESSAGE))
    await until(lambda: bool(heard))
    assert other.missed == 2


async def test_an_agent_with_two_sockets_is_announced_as_their_sum(pair: tuple[RedisBus, RedisBus]) -> None:
    one, _ = pair
    for owner, status in (("first", "online"), ("second", "away")):
        one.present("a", "ann", status, owner)
    assert [each.status for each in one._announced()] == ["online"]


async def test_agents_of_a_process_that_was_killed_are_told_to_be_gone(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus.publish(Told(Nudge("presence", account="a", agent="ann", status="online"), source="another process"))
    bus.present("a", "bob", "online", object())
    told: list[Told] = []
    bus.listen("visitors:a", "me", told.append)
    bus.forget_stale()
    assert told == []
    monkeypatch.setattr(here, "STALE", -1.0)
    bus.forget_stale()
    assert [(each.nudge.agent, each.nudge.status) for each in told] == [("ann", "offline")]
    assert bus.agents("a") == {"bob": "online"}


@pytest.fixture
async def beside(tmp_path: Path, anyio_backend: str) -> AsyncIterator[tuple[Bus, Bus]]:
    """A server without Redis, and a command beside it."""
    assert anyio_backend == "asyncio"
    server, command = open_bus("", tmp_path, MACS, serves=True), open_bus("", tmp_path, MACS, serves=False)
    for each in (server, command):
        await each.start()
    yield server, command
    for each in (server, command):
        await each.stop()


async def test_without_redis_a_command_is_heard_by_the_server_beside_it(beside: tuple[Bus, Bus]) -> None:
    server, command = beside
    heard: list[Told] = []
    server.listen("contact:1", "me", heard.append)
    erased = Nudge("erased", account="a", contact=1)
    command.publish(Told(erased, entry="what was said"), Told(Nudge("due")))
    await until(lambda: bool(heard))
    assert [(each.nudge, each.entry) for each in heard] == [(erased, None)]


async def test_what_a_command_leaves_is_ids_and_does_not_pile_up(beside: tuple[Bus, Bus], tmp_path: Path) -> None:
    server, command = beside
    heard: list[Told] = []
    server.listen("contact:1", "me", heard.append)
    found = tmp_path / "nudges"
    command.publish(Told(MESSAGE, entry="what was said"))
    with found.open("ab") as file:
        file.write(b'{"kind":"cut sho\n')
    assert b"said" not in found.read_bytes()
    await until(lambda: bool(heard))
    assert (found.stat().st_size, found.stat().st_mode & 0o777) == (0, 0o600)
    server.publish(Told(MESSAGE))
    assert found.stat().st_size == 0


async def test_a_file_that_nobody_empties_has_an_end_and_then_all_is_read_anew(tmp_path: Path) -> None:
    command, server = open_bus("", tmp_path, MACS, serves=False), open_bus("", tmp_path, MACS, serves=True)
    batch = [Told(MESSAGE)] * 1000
    await server.start()
    heard: list[Told] = []
    server.listen("server", "me", heard.append)
    for _ in range(20):  # more than goes in
        command.publish(*batch)
    assert (tmp_path / "nudges").stat().st_size < left.MOST + 200_000
    await until(lambda: any(each.nudge.kind == "resync" for each in heard))
    await server.stop()


async def test_a_nudge_that_no_lethe_wrote_is_dropped_and_counted(beside: tuple[Bus, Bus], tmp_path: Path) -> None:
    server, command = beside
    heard: list[Told] = []
    server.listen("account:a", "me", heard.append)
    plain = msgspec.json.encode(Nudge("signout", account="a", agent="ann"))
    good = MACS.marked("nudge", plain)
    forged = [
        plain,
        Macs(b"t" * 32).marked("nudge", plain),  # another server's
        MACS.marked("nudges", plain),  # of another way
        good[:64] + plain.replace(b"ann", b"bob"),
        bytes(64) + plain,
        b"x" * 10,
    ]
    with (tmp_path / "nudges").open("ab") as file:
        file.write(b"\n".join(forged) + b"\n")
    await until(lambda: server.forged == len(forged))
    assert heard == []
    with (tmp_path / "nudges").open("ab") as file:
        file.write(good + b"\n")
    await until(lambda: bool(heard))  # the control
    assert (heard[0].nudge.agent, server.forged, command.forged) == ("ann", len(forged), 0)


async def test_over_redis_a_forged_nudge_is_dropped_and_counted(redis_url: str, pair: tuple[Bus, Bus]) -> None:
    one, other = pair
    heard: list[Told] = []
    other.listen("account:a", "me", heard.append)
    plain = msgspec.json.encode(["somebody", [Nudge("signout", account="a", agent="ann")]])
    async with Redis.from_url(redis_url) as client:
        for data in (plain, Macs(b"t" * 32).marked("nudges", plain), b"", b"\xff" * 80):
            await client.publish(across.CHANNEL, data)
        await until(lambda: (one.forged, other.forged) == (4, 4))
        assert heard == []
        await client.publish(across.CHANNEL, MACS.marked("nudges", plain))  # the control
        await until(lambda: bool(heard))


async def test_what_is_counted_has_an_end_and_the_last_call_costs_what_the_first_did() -> None:
    bus = Bus()
    costs = []
    for start in range(0, here.COUNTED + 30_000, 10_000):
        began = time.process_time()
        for number in range(start, start + 10_000):
            assert await bus.allow(f"key:{number}", 1, 900.0) == 0.0
        costs.append(time.process_time() - began)
    assert len(bus._spent[900.0]) <= here.COUNTED + 1
    assert bus.evicted == here.COUNTED + 30_000 - len(bus._spent[900.0])
    assert sorted(costs)[len(costs) // 2] * 10 > max(costs), costs
    assert await bus.allow(f"key:{here.COUNTED}", 1, 900.0) > 0


async def test_what_was_counted_goes_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    bus, at = Bus(), time.monotonic()
    for number in range(1000):
        await bus.allow(f"key:{number}", 1, 60.0)
    monkeypatch.setattr(time, "monotonic", lambda: at + 120.0)
    assert await bus.allow("key:1", 1, 60.0) == 0.0
    assert (list(bus._spent[60.0]), bus.evicted) == (["key:1"], 0)  # over, so not before its time


async def test_in_redis_everything_that_is_counted_has_an_end(redis_url: str) -> None:
    bus = RedisBus(redis_url, MACS)
    for number in range(50):
        await bus.allow(f"key:{number}", 1, 60.0)
        await bus.give_back(f"key:{number + 25}", 60.0)
    async with Redis.from_url(redis_url) as client:
        names = [name async for name in client.scan_iter("lethe:allow:*")]
        assert len(names) == 50
        assert all([0 < await client.pttl(name) <= 60_000 for name in names])
    await bus.stop()


async def test_what_is_given_back_was_not_spent(bus: Bus) -> None:
    assert await bus.allow("key", 1, 60.0) == 0.0
    await bus.give_back("key", 60.0)
    assert await bus.allow("key", 1, 60.0) == 0.0
    assert await bus.allow("key", 1, 60.0) > 0
    await bus.give_back("never spent", 60.0)
    assert await bus.allow("never spent", 1, 60.0) == 0.0
