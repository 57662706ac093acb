"""The bus of several processes: events of one also go to the others through Redis, as ids and numbers."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

import msgspec
import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import RedisError

from chat.core.deliveries import Delivery
from chat.core.events import Event, EventsMissed, PresenceChanged, PresenceRequested
from chat.core.ids import uuid7
from chat.core.macs import Macs
from chat.infra.bus.memory import Bus, Status, summed

log = structlog.get_logger("chat.bus")
CHANNEL = "lethe:events"
# A third of STALE: two in a row may be lost before an agent counts as gone.
ANNOUNCE = 15.0
SILENT = 5.0
LEAVE = 2.0
"""So many seconds what is still to be told may take to go out when a process ends."""


class RedisBus(Bus):
    """
    The bus of several processes: events also go through Redis, presence is told to every process.

    Where Redis is away, this process goes on alone; when it is back, every listener is told that events were missed.
    """

    def __init__(self, url: str, macs: Macs) -> None:
        super().__init__()
        self._macs = macs
        self._me = uuid7()
        self._url = url
        self._redis = self._client(0.5, tries_again=1)
        # Bounded, or events would fill the memory while Redis is away. What is dropped is counted, and everybody reads
        # again.
        self._out: asyncio.Queue[list[Event]] = asyncio.Queue(maxsize=10_000)
        self._mine: dict[tuple[str, str, object], Status] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._away = False

    def _client(self, timeout: float, tries_again: int) -> Redis:
        # The client's own would need over four seconds to notice that Redis has gone (measured), at each allowance.
        retry = Retry(ExponentialWithJitterBackoff(base=0.02, cap=0.1), tries_again)
        return Redis.from_url(self._url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=retry)

    async def start(self) -> None:
        """Subscribe and begin to send. It returns at once: Redis may come later."""
        for job in (self._send, self._hear, self._announce):
            self._tasks.append(asyncio.create_task(job()))

    async def stop(self) -> None:
        """Say what is still to be said, take leave and close."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._out.join(), LEAVE)
        left = set(self._tasks)
        while left:  # the client may swallow a cancellation while it connects, so it is told until it is done
            for task in left:
                task.cancel()
            _, left = await asyncio.wait(left, timeout=0.1)
        await self._redis.aclose()

    async def ready(self) -> bool:
        """Ask Redis whether it is there."""
        try:
            return bool(await self._redis.ping())
        except (RedisError, OSError):
            return False

    def _publish(self, deliveries: list[Delivery[Event]]) -> None:
        """Tell everybody here at once, and the other processes through Redis."""
        super()._publish(deliveries)
        self._push([self._for_others(each) for each in deliveries])

    def _push(self, events: list[Event]) -> None:
        try:
            if events:
                self._out.put_nowait(events)
        except asyncio.QueueFull:
            self.missed += 1

    def _for_others(self, delivery: Delivery[Event]) -> Event:
        """Return the event for other processes: an agent's presence over all sockets of this one."""
        event = delivery.event
        if not isinstance(event, PresenceChanged):
            return event
        self._remember(event, delivery.source)
        return self._sum(event.account, event.agent)

    def _sum(self, account: str, agent: str) -> Event:
        mine = {status for (a, b, _), status in self._mine.items() if (a, b) == (account, agent)}
        return PresenceChanged(account, agent, summed(mine))

    def _announced(self) -> list[Event]:
        return [self._sum(account, agent) for account, agent in {(a, b) for a, b, _ in self._mine}]

    def _remember(self, event: PresenceChanged, source: object) -> None:
        if event.status == "offline":
            self._mine.pop((event.account, event.agent, source), None)
        else:
            self._mine[event.account, event.agent, source] = event.status

    async def spend(self, key: str, window: float, cost: int = 1) -> tuple[int, float]:
        """
        Count in Redis, so that all processes share the allowance. It counts here where Redis is away (it fails open).
        """
        name = f"lethe:allow:{key}"
        try:
            async with self._redis.pipeline() as pipe:
                pipe.incrby(name, cost)
                # NX: the window begins with the first one. If each moved it, whoever asks again and again would never
                # be let in.
                pipe.expire(name, int(window), nx=True)
                pipe.pttl(name)
                count, _, left = await pipe.execute()
        except (RedisError, OSError):
            self.missed += 1
            return await super().spend(key, window, cost)
        return int(count), max(left, 1) / 1000

    async def give_back(self, key: str, window: float) -> None:
        """Take one back in Redis, where it was counted. A count that is over stays gone."""
        await super().give_back(key, window)
        try:
            # Only where it is still counted: else this would make a key that never ends.
            await self._redis.eval(_GIVE_BACK, 1, f"lethe:allow:{key}")
        except (RedisError, OSError):
            self.missed += 1

    async def _send(self) -> None:
        while True:
            batches = [await self._out.get()]
            while not self._out.empty():
                batches.append(self._out.get_nowait())
            events = [each for batch in batches for each in batch]
            try:
                await self._redis.publish(CHANNEL, self._macs.marked("events", msgspec.json.encode([self._me, events])))
            except (RedisError, OSError):
                self.missed += 1
            for _ in batches:
                self._out.task_done()

    async def _announce(self) -> None:
        while True:
            self._push(self._announced())
            self.forget_stale()
            await asyncio.sleep(ANNOUNCE)

    async def _hear(self) -> None:
        wait = 0.1
        while True:
            try:
                await self._listen_once()
                wait = 0.1
            except (TimeoutError, RedisError, OSError) as error:
                self._say_away(type(error).__name__)
            await asyncio.sleep(wait)
            wait = min(wait * 2, 5.0)

    def _say_away(self, why: str) -> None:
        """Log it once, however often it is tried again."""
        if not self._away:
            log.warning("redis is away", why=why)
        self._away = True

    async def _listen_once(self) -> None:
        """Subscribe, let everybody catch up on what was missed, then hear until the line breaks or falls silent."""
        # Told of each break: a client that tries again subscribes anew in silence, and what came between is missed.
        client = self._client(SILENT, tries_again=0)
        try:
            async with client.pubsub() as line:
                await line.subscribe(CHANNEL)
                await line.get_message(timeout=SILENT)
                if self._away:
                    log.warning("redis is back")
                self._away = False
                # Only now that nothing is missed any more: who read before this could miss what comes between.
                self._tell_all(Delivery(EventsMissed()))
                self._push([PresenceRequested()])
                await self._hear_on(line)
        finally:
            await client.aclose()

    async def _hear_on(self, line: Any) -> None:
        # A half-open link is never noticed by listening alone (measured): ask when quiet, give up when there is no
        # answer.
        heard = time.monotonic()
        while time.monotonic() - heard < SILENT:
            got = await line.get_message(timeout=1.0)
            if got is None:
                await line.ping()
                continue
            heard = time.monotonic()
            if got["type"] == "message":
                self._heard(got["data"])

    def _heard(self, data: bytes) -> None:
        said = self._macs.unmarked("events", data)
        if said is None:
            self.forged += 1
            return
        try:
            origin, events = _decoder.decode(said)
        except msgspec.DecodeError:  # of another version of Lethe, while processes are changed one after another
            self.missed += 1
            return
        if origin == self._me:
            return
        for event in events:
            if isinstance(event, PresenceRequested):
                self._push(self._announced())
            else:
                self._tell(Delivery(event, source=origin))


_GIVE_BACK = "if tonumber(redis.call('get', KEYS[1]) or 0) > 0 then redis.call('decr', KEYS[1]) end"
_decoder = msgspec.json.Decoder(tuple[str, list[Event]])
