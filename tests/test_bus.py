"""Who hears what: the form within one process and the form over Redis behave alike, and Redis learns ids only."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest
from redis.asyncio import Redis

from chat.core import frames
from chat.core.deliveries import Channel, Delivery, Rendered
from chat.core.events import (
    SERVER,
    AgentsEvent,
    ContactEvent,
    ContactGone,
    CredentialsRevoked,
    Event,
    EventsMissed,
    MessageStored,
    NoteAdded,
    PresenceChanged,
    TicketEvent,
    TicketRef,
    VisitorsEvent,
    WorkDue,
    agents_channel,
    contact_channel,
    ticket_channel,
    visitors_channel,
)
from chat.core.macs import Macs
from chat.infra.bus import Bus, file, memory, open_bus, redis
from chat.infra.bus.redis import RedisBus
from tests.services import Valkey

pytestmark = pytest.mark.anyio
MACS = Macs(b"s" * 32)
TICKET = TicketRef("a", contact=1, id=2, number=3)
MESSAGE = MessageStored(TICKET, seq=4)
SAID = Rendered.same(frames.TypingOut(3, frames.Author("agent", "a secret that stays here"), on=True))


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
    heard: dict[Bus, list[TicketEvent]] = {one: [], other: []}
    said = {each: NoteAdded(TicketRef("ready", 0, 0, 0), note) for note, each in enumerate((one, other))}
    for each in (one, other):
        await each.start()
        each.listen(ticket_channel(0), "test", lambda delivery, to=heard[each]: to.append(delivery.event))  # type: ignore[misc] # bound at once
    asked = 0
    while not (said[other] in heard[one] and said[one] in heard[other]):
        for each, event in said.items():
            each.publish(event)
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


async def test_those_who_listen_hear_at_once_and_nobody_else(bus: Bus) -> None:
    heard: list[tuple[str, object]] = []
    channels: list[Channel[MessageStored]] = [ticket_channel(2), contact_channel(1), contact_channel(9)]
    for channel in channels:
        bus.listen(channel, "me", lambda delivery, to=channel: heard.append((to, delivery)))  # type: ignore[misc] # bound at once
    delivery: Delivery[Event] = Delivery(MESSAGE, SAID)
    bus.publish(delivery)
    assert heard == [("ticket:2", delivery), ("contact:1", delivery)]


async def test_that_events_were_missed_is_heard_once_however_many_channels_one_listens_to(bus: Bus) -> None:
    heard: list[object] = []
    for ticket in (1, 2):
        bus.listen(ticket_channel(ticket), "me", lambda delivery: heard.append(delivery.event))
    bus.listen(SERVER, "another", lambda delivery: heard.append(delivery.event))
    heard.clear()  # a bus that has just found Redis says it too
    bus.publish(EventsMissed())
    assert heard == [EventsMissed()] * 2


async def test_who_caused_it_does_not_hear_it_and_who_has_left_neither(bus: Bus) -> None:
    heard: list[str] = []
    for owner in ("one", "two", "three"):
        bus.listen(ticket_channel(2), owner, lambda _, to=owner: heard.append(to))  # type: ignore[misc] # bound at once
    bus.leave(ticket_channel(2), "two")
    bus.publish(Delivery(MESSAGE, source="one"))
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


async def test_an_event_reaches_the_other_process_without_what_was_said(pair: tuple[Bus, Bus]) -> None:
    one, other = pair
    heard: list[Delivery[TicketEvent]] = []
    other.listen(ticket_channel(2), "me", heard.append)
    one.publish(Delivery(MESSAGE, SAID, "socket"))
    await until(lambda: bool(heard))
    assert [(each.event, each.rendered) for each in heard] == [(MESSAGE, None)]


async def test_nothing_but_ids_and_numbers_goes_over_redis(pair: tuple[Bus, Bus], redis_url: str) -> None:
    one, _ = pair
    async with Redis.from_url(redis_url) as client, client.pubsub() as line:
        await line.psubscribe("*")
        await line.get_message(timeout=5)
        one.publish(Delivery(MESSAGE, SAID))
        await one.allow("signin:0f3a", 10, 60)
        got = None
        while got is None or b'"message.stored"' not in got["data"]:
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
        heard: list[TicketEvent] = []
        bus.listen(ticket_channel(2), "me", lambda delivery: heard.append(delivery.event))
        await bus.start()
        await until(lambda: heard.count(EventsMissed()) == 1)
        server.stop()
        assert await bus.ready() is False
        bus.publish(MESSAGE)
        assert heard == [EventsMissed(), MESSAGE]
        assert [await bus.allow("key", 1, 60) > 0 for _ in range(2)] == [False, True]
        server.start()
        await until(lambda: heard.count(EventsMissed()) == 2)
        assert await bus.ready() is True
        await bus.stop()


async def test_a_line_that_breaks_and_is_back_at_once_is_caught_up_too(redis_url: str, anyio_backend: str) -> None:
    assert anyio_backend == "asyncio"
    bus = RedisBus(redis_url, MACS)
    heard: list[TicketEvent] = []
    bus.listen(ticket_channel(2), "me", lambda delivery: heard.append(delivery.event))
    await bus.start()
    async with Redis.from_url(redis_url) as client:
        for times in range(1, 4):
            await until(lambda times=times: heard.count(EventsMissed()) >= times)  # type: ignore[misc] # bound at once
            assert await client.client_kill_filter(_type="pubsub")
    await bus.stop()


async def test_what_was_published_last_before_a_process_ends_still_goes_out(redis_url: str, anyio_backend: str) -> None:
    assert anyio_backend == "asyncio"
    stays, goes = RedisBus(redis_url, MACS), RedisBus(redis_url, MACS)
    heard: list[TicketEvent] = []
    for each in (stays, goes):
        await each.start()
    ready: list[object] = []
    stays.listen(SERVER, "me", ready.append)
    await until(lambda: bool(ready))
    stays.listen(ticket_channel(2), "me", lambda delivery: heard.append(delivery.event))
    said = [MessageStored(TICKET, seq) for seq in range(100)]
    goes.publish(*said)
    await goes.stop()
    await until(lambda: heard == said)
    await stays.stop()


async def test_what_cannot_be_read_makes_nobody_deaf(pair: tuple[Bus, Bus], redis_url: str) -> None:
    one, other = pair
    heard: list[object] = []
    other.listen(ticket_channel(2), "me", heard.append)
    async with Redis.from_url(redis_url) as client:
        for line in (b"nonsense", b'["x",[{"event":"of another version"}]]'):
            await client.publish(redis.CHANNEL, MACS.marked("events", line))
    one.publish(MESSAGE)
    await until(lambda: bool(heard))
    assert other.missed == 2


async def test_an_agent_with_two_sockets_is_announced_as_their_sum(pair: tuple[RedisBus, RedisBus]) -> None:
    one, _ = pair
    one.present("a", "ann", "online", "first")
    one.present("a", "ann", "away", "second")
    assert one._announced() == [PresenceChanged("a", "ann", "online")]


async def test_agents_of_a_process_that_was_killed_are_published_as_gone(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus.publish(Delivery(PresenceChanged("a", "ann", "online"), source="another process"))
    bus.present("a", "bob", "online", object())
    changes: list[VisitorsEvent] = []
    bus.listen(visitors_channel("a"), "me", lambda delivery: changes.append(delivery.event))
    bus.forget_stale()
    assert changes == []
    monkeypatch.setattr(memory, "STALE", -1.0)
    bus.forget_stale()
    assert changes == [PresenceChanged("a", "ann", "offline")]
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
    heard: list[Delivery[ContactEvent]] = []
    server.listen(contact_channel(1), "me", heard.append)
    erased = ContactGone("a", 1)
    command.publish(Delivery(erased, SAID), WorkDue())
    await until(lambda: bool(heard))
    assert [(each.event, each.rendered) for each in heard] == [(erased, None)]


async def test_what_a_command_leaves_is_ids_and_does_not_pile_up(beside: tuple[Bus, Bus], tmp_path: Path) -> None:
    server, command = beside
    heard: list[object] = []
    server.listen(contact_channel(1), "me", heard.append)
    found = tmp_path / "events"
    command.publish(Delivery(MESSAGE, SAID))
    with found.open("ab") as left:
        left.write(b'{"event":"cut sho\n')
    assert b"secret" not in found.read_bytes()
    await until(lambda: bool(heard))
    assert (found.stat().st_size, found.stat().st_mode & 0o777) == (0, 0o600)
    server.publish(MESSAGE)
    assert found.stat().st_size == 0


async def test_a_file_that_nobody_empties_has_an_end_and_then_all_is_read_anew(tmp_path: Path) -> None:
    command, server = open_bus("", tmp_path, MACS, serves=False), open_bus("", tmp_path, MACS, serves=True)
    batch = [MESSAGE] * 1000
    await server.start()
    heard: list[object] = []
    server.listen(SERVER, "me", lambda delivery: heard.append(delivery.event))
    for _ in range(20):  # more than goes in
        command.publish(*batch)
    assert (tmp_path / "events").stat().st_size < file.MOST + 200_000
    await until(lambda: EventsMissed() in heard)
    await server.stop()


async def test_an_event_that_no_lethe_wrote_is_dropped_and_counted(beside: tuple[Bus, Bus], tmp_path: Path) -> None:
    server, command = beside
    heard: list[AgentsEvent] = []
    server.listen(agents_channel("a"), "me", lambda delivery: heard.append(delivery.event))
    plain = msgspec.json.encode(CredentialsRevoked("a", "ann"))
    good = MACS.marked("event", plain)
    forged = [
        plain,
        Macs(b"t" * 32).marked("event", plain),  # another server's
        MACS.marked("events", plain),  # of another way
        good[:64] + plain.replace(b"ann", b"bob"),
        bytes(64) + plain,
        b"x" * 10,
    ]
    with (tmp_path / "events").open("ab") as left:
        left.write(b"\n".join(forged) + b"\n")
    await until(lambda: server.forged == len(forged))
    assert heard == []
    with (tmp_path / "events").open("ab") as left:
        left.write(MACS.marked("event", b'{"event":"of another version"}') + b"\n")
        left.write(good + b"\n")
    await until(lambda: bool(heard))  # the control
    assert (heard, server.forged, command.forged) == ([CredentialsRevoked("a", "ann")], len(forged), 0)
    assert server.missed == 1


async def test_over_redis_a_forged_event_is_dropped_and_counted(redis_url: str, pair: tuple[Bus, Bus]) -> None:
    one, other = pair
    heard: list[object] = []
    other.listen(agents_channel("a"), "me", heard.append)
    plain = msgspec.json.encode(["somebody", [CredentialsRevoked("a", "ann")]])
    async with Redis.from_url(redis_url) as client:
        for data in (plain, Macs(b"t" * 32).marked("events", plain), b"", b"\xff" * 80):
            await client.publish(redis.CHANNEL, data)
        await until(lambda: (one.forged, other.forged) == (4, 4))
        assert heard == []
        await client.publish(redis.CHANNEL, MACS.marked("events", plain))  # the control
        await until(lambda: bool(heard))


async def test_what_is_counted_has_an_end_and_the_last_call_costs_what_the_first_did() -> None:
    bus = Bus()
    costs = []
    gc.collect()  # what earlier tests left would be collected in the midst of a count, at its cost
    for start in range(0, memory.COUNTED + 30_000, 10_000):
        began = time.process_time()
        for number in range(start, start + 10_000):
            assert await bus.allow(f"key:{number}", 1, 900.0) == 0.0
        costs.append(time.process_time() - began)
    assert len(bus._spent[900.0]) <= memory.COUNTED + 1
    assert bus.evicted == memory.COUNTED + 30_000 - len(bus._spent[900.0])
    assert sorted(costs)[len(costs) // 2] * 10 > max(costs), costs
    assert await bus.allow(f"key:{memory.COUNTED}", 1, 900.0) > 0


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
