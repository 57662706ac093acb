"""
Who hears what now: nudges between sockets of one process and, over Redis, of several; presence; allowances.

Nothing here is kept: SQL is the log. Over Redis go ids and numbers only, never a text, a name or an address; who gets
a nudge from elsewhere reads the rest from the database.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import RedisError

from chat.ids import uuid7
from chat.nudges import Nudge, Told, channels
from chat.places import Place

NETWORKS = Place(
    "redis",
    "redis",
    "nobody",
    "nudges of ids and numbers; counts under keyed hashes that change each hour, gone in 15 minutes",
    paths=("lethe:allow:*",),
)
CHANNEL = "lethe:nudges"
ANNOUNCE = 15.0
STALE = 45.0
SILENT = 5.0
COUNTED = 100_000


class Live:
    """The one-process form: everything stays here."""

    def __init__(self) -> None:
        self._ears: dict[str, dict[object, Callable[[Told], None]]] = defaultdict(dict)
        self._present: dict[str, dict[str, dict[object, tuple[str, float]]]] = defaultdict(lambda: defaultdict(dict))
        self._spent: dict[str, tuple[float, int]] = {}
        self.missed = 0

    async def start(self) -> None:
        """Begin to carry nudges."""

    async def stop(self) -> None:
        """Stop carrying nudges."""

    async def ready(self) -> bool:
        """Tell whether nudges reach other processes; true where there are none."""
        return True

    def listen(self, channel: str, owner: object, hear: Callable[[Told], None]) -> None:
        """
        From now on tell `owner` what happens on a channel: `account:…` (agents), `visitors:…`, `contact:…`,
        `ticket:…`, `server`.
        """
        self._ears[channel][owner] = hear

    def leave(self, channel: str, owner: object) -> None:
        """Tell `owner` nothing more of a channel."""
        ears = self._ears.get(channel)
        if ears is not None:
            ears.pop(owner, None)
            if not ears:
                del self._ears[channel]

    def publish(self, *told: Told) -> None:
        """Tell everybody who listens, here at once."""
        for each in told:
            self._tell(each)

    def _tell(self, told: Told) -> None:
        nudge = told.nudge
        if nudge.kind == "presence":
            self._presence_heard(nudge, told.source)
        for channel in channels(nudge):
            for owner, hear in list(self._ears.get(channel, {}).items()):
                if owner is not told.source:
                    hear(told)

    def _tell_all(self, nudge: Nudge) -> None:
        for ears in list(self._ears.values()):
            for hear in list(ears.values()):
                hear(Told(nudge))

    def present(self, account: str, agent: str, status: str, owner: object) -> None:
        """An agent's socket `owner` is there as `status`: online, away or offline."""
        self.publish(Told(Nudge("presence", account=account, agent=agent, status=status), source=owner))

    def _presence_heard(self, nudge: Nudge, source: object) -> None:
        sockets = self._present[nudge.account][nudge.agent]
        if nudge.status == "offline":
            sockets.pop(source, None)
        else:
            sockets[source] = (nudge.status, time.monotonic())

    def status(self, account: str, agent: str) -> str:
        """Return an agent's status over all sockets: online, away or offline."""
        sockets = self._present.get(account, {}).get(agent, {})
        told = {status for source, (status, at) in sockets.items() if not self._stale(source, at)}
        return "online" if "online" in told else "away" if told else "offline"

    def _stale(self, source: object, at: float) -> bool:
        return isinstance(source, str) and time.monotonic() - at > STALE

    def agents(self, account: str) -> dict[str, str]:
        """Return each agent that is not offline, with the status."""
        known = {agent: self.status(account, agent) for agent in list(self._present.get(account, {}))}
        return {agent: status for agent, status in known.items() if status != "offline"}

    def online(self, account: str) -> bool:
        """Tell whether any agent of the account is online."""
        return "online" in self.agents(account).values()

    async def allow(self, key: str, limit: int, window: float) -> float:
        """
        Count one more of `key`; return 0.0 while there are at most `limit` in `window` seconds, else the seconds to
        wait.
        """
        now = time.monotonic()
        if len(self._spent) > COUNTED:
            self._spent = {k: v for k, v in self._spent.items() if v[0] > now}
        until, count = self._spent.get(key, (0.0, 0))
        if until <= now:
            until, count = now + window, 0
        self._spent[key] = (until, count + 1)
        return 0.0 if count < limit else until - now


class RedisLive(Live):
    """
    The form for several processes: nudges also go through Redis, presence is told to every process.

    Where Redis is away, this process goes on alone; when it is back, every listener is told to `resync` from the
    database.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        self._me = uuid7()
        self._url = url
        self._redis = self._client(0.5)
        self._out: asyncio.Queue[list[Nudge]] = asyncio.Queue(maxsize=10_000)
        self._mine: dict[tuple[str, str, object], str] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def _client(self, timeout: float) -> Redis:
        retry = Retry(ExponentialWithJitterBackoff(base=0.02, cap=0.1), 1)
        return Redis.from_url(self._url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=retry)

    async def start(self) -> None:
        """Subscribe and begin to send; returns at once, Redis may come later."""
        for job in (self._send, self._hear, self._announce):
            self._tasks.append(asyncio.create_task(job()))

    async def stop(self) -> None:
        """Take leave and close."""
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

    def publish(self, *told: Told) -> None:
        """Tell everybody here at once, and the other processes through Redis."""
        super().publish(*told)
        self._push([self._summed(each) for each in told])

    def _push(self, nudges: list[Nudge]) -> None:
        try:
            if nudges:
                self._out.put_nowait(nudges)
        except asyncio.QueueFull:
            self.missed += 1

    def _summed(self, told: Told) -> Nudge:
        """Return the nudge for other processes: an agent's presence over all sockets of this one."""
        nudge = told.nudge
        if nudge.kind != "presence":
            return nudge
        self._remember(nudge, told.source)
        mine = [s for (account, agent, _), s in self._mine.items() if (account, agent) == (nudge.account, nudge.agent)]
        status = "online" if "online" in mine else "away" if mine else "offline"
        return msgspec.structs.replace(nudge, status=status)

    def _announced(self) -> list[Nudge]:
        return [Nudge("presence", account=a, agent=b, status=status) for (a, b, _), status in self._mine.items()]

    def _remember(self, nudge: Nudge, source: object) -> None:
        if nudge.status == "offline":
            self._mine.pop((nudge.account, nudge.agent, source), None)
        else:
            self._mine[nudge.account, nudge.agent, source] = nudge.status

    async def allow(self, key: str, limit: int, window: float) -> float:
        """Count in Redis, so that all processes share the allowance; counts here where Redis is away (fails open)."""
        name = f"lethe:allow:{key}"
        try:
            async with self._redis.pipeline() as pipe:
                pipe.incr(name)
                pipe.expire(name, int(window), nx=True)
                pipe.pttl(name)
                count, _, left = await pipe.execute()
        except (RedisError, OSError):
            self.missed += 1
            return await super().allow(key, limit, window)
        return 0.0 if count <= limit else max(left, 1) / 1000

    async def _send(self) -> None:
        while True:
            nudges = await self._out.get()
            while not self._out.empty():
                nudges = nudges + self._out.get_nowait()
            try:
                await self._redis.publish(CHANNEL, msgspec.json.encode([self._me, nudges]))
            except (RedisError, OSError):
                self.missed += 1

    async def _announce(self) -> None:
        while True:
            self._push(self._announced())
            await asyncio.sleep(ANNOUNCE)

    async def _hear(self) -> None:
        wait = 0.1
        while True:
            with contextlib.suppress(RedisError, OSError, asyncio.TimeoutError):
                await self._listen_once()
                wait = 0.1
            await asyncio.sleep(wait)
            wait = min(wait * 2, 5.0)

    async def _listen_once(self) -> None:
        """Subscribe, let everybody catch up on what was missed, then hear until the line breaks or falls silent."""
        client = self._client(SILENT)
        try:
            async with client.pubsub() as line:
                await line.subscribe(CHANNEL)
                await line.get_message(timeout=SILENT)
                self._tell_all(Nudge("resync"))
                self._push([Nudge("who")])
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
        origin, nudges = _decoder.decode(data)
        if origin == self._me:
            return
        for nudge in nudges:
            if nudge.kind == "who":
                self._push(self._announced())
            else:
                self._tell(Told(nudge, source=origin))


_decoder = msgspec.json.Decoder(tuple[str, list[Nudge]])


def open_live(url: str) -> Live:
    """Return the form that fits: through Redis where there is a URL, else in this process alone."""
    return RedisLive(url) if url else Live()
