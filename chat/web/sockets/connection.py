"""One socket: a reader, a bounded outbox and its writer. What frames mean is the business of `visitor` and `agent`."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, MutableMapping
from typing import Any, Generic, TypeVar

import structlog
from msgspec import UNSET

from chat.core import frames
from chat.core.errors import BadInput, LetheError, RateLimited
from chat.core.gate import Allowance
from chat.web.sockets.wire import WIRE, Wire

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

OUTBOX_FRAMES = 512
OUTBOX_CHARS = 1 << 20
BAD_FRAMES = 10
FLOOD = 50
CLOSE_SECONDS = 5.0
FRAMES_A_MINUTE, FRAMES_BURST = 1200, 120

log = structlog.get_logger("chat.socket")
F = TypeVar("F", bound=frames.InboundFrame)
Rest = Callable[[], Awaitable[None]]
"""What is left to do of a frame, as it waits for something."""


class Connection(Generic[F]):
    """
    Reads frames one after another, and writes from a bounded outbox, so that a slow reader slows nobody else.

    Speaks ASGI itself and not through a framework's class, and past it over a `Wire` where nothing has to wait: this is
    the hottest path there is. Either way a text is begun once (`_begin`): read, counted and taken.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, read: Callable[[str], F]) -> None:
        self.scope, self._receive, self._send, self._frame_of = scope, receive, send, read
        self._outbox: deque[str] = deque()
        self._chars = 0
        self._wire: Wire | None = scope.get("extensions", {}).get(WIRE)
        self._writing = self._taking = False
        self._begun: Rest | None = None
        self._closing: tuple[int, str] | None = None
        self._bad = 0
        self._flood = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: list[asyncio.TimerHandle] = []
        self._main: asyncio.Task[Any] | None = None
        self.allowance = Allowance(FRAMES_A_MINUTE, FRAMES_BURST)

    async def arrived(self) -> None:
        """Do what an accepted socket begins with. It may close it."""

    def is_counted(self, _frame: F) -> bool:
        """Whether a frame is counted as one. It is not where it has an allowance of its own."""
        return True

    def take(self, frame: F) -> Rest | None:
        """
        Do what one frame asks, as far as that waits for nothing, and return the rest, if there is one. Both raise a
        LetheError to refuse it.
        """
        raise NotImplementedError

    def left(self) -> None:
        """Let go of everything."""

    async def run(self) -> None:
        """Serve the socket until it closes."""
        if (await self._receive())["type"] != "websocket.connect":
            return
        offered = self.scope.get("subprotocols", [])
        spoken = frames.PROTOCOL if frames.PROTOCOL in offered else None
        await self._send({"type": "websocket.accept", "subprotocol": spoken})
        self._main = asyncio.current_task()
        try:
            if offered and spoken is None:
                self.close(frames.CLOSE_BAD_FRAMES, "speak lethe.v1")
            else:
                await self.arrived()
            # Not before: a frame that came on the short way would find nobody to take it.
            if self._wire is not None:
                self._wire.listen(self._offered)
            await self._read()
        except asyncio.CancelledError:
            if self._closing is None:
                raise
        finally:
            self.left()
            for task in self._tasks:
                task.cancel()
            for timer in self._timers:
                timer.cancel()

    def say(self, line: str) -> None:
        """Put one frame in the outbox. A reader who leaves it full is let go with 4408 and resumes."""
        if self._closing is not None:
            return
        # Only past an outbox in which nothing waits: no line may overtake another.
        if self._wire is not None and not self._writing and self._wire.say(line):
            return
        self._outbox.append(line)
        self._chars += len(line)
        # One frame alone may be larger: a long transcript must reach whoever resumes.
        crowded = len(self._outbox) > 1 and self._chars > OUTBOX_CHARS
        if crowded or len(self._outbox) > OUTBOX_FRAMES:
            # All of it is in the database. Who resumes reads it from there, and nothing has to be kept for who reads
            # nothing.
            self._outbox.clear()
            self.close(frames.CLOSE_SLOW, "too slow; resume")
        self._write_soon()

    def say_all(self, lines: Iterable[str]) -> None:
        """Put several frames in the outbox."""
        for line in lines:
            self.say(line)

    def tell(self, frame: frames.OutboundFrame) -> None:
        """Put one frame, not written yet, in the outbox."""
        self.say(frames.encode(frame))

    def close(self, code: int, reason: str = "") -> None:
        """Close when what is in the outbox is sent. The first reason counts."""
        if self._closing is None:
            self._closing = (code, reason)
            self._write_soon()
            self.later(CLOSE_SECONDS, self._give_up)

    @property
    def closing(self) -> bool:
        """Whether it is to close."""
        return self._closing is not None

    def later(self, seconds: float, job: Callable[[], None]) -> None:
        """Do something after a while, unless the socket has closed by then."""
        loop = asyncio.get_running_loop()
        self._timers = [each for each in self._timers if each.when() > loop.time()]
        self._timers.append(loop.call_later(seconds, job))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the reader. It ends with the socket."""
        task = asyncio.create_task(self._guarded(work))
        task.add_done_callback(lambda _: work.close())  # a task cancelled before its first step never began the work
        self._keep(task)

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def refuse(self, error: LetheError, about: str | None = None) -> None:
        """Answer a frame with an error. The socket stays."""
        retry = error.extra.get("retry_after", UNSET)
        name = about or error.extra.get("id") or UNSET
        about_ticket = {each: error.extra[each] for each in ("ticket", "merged_into") if each in error.extra}
        self.tell(frames.ErrorOut(error.code, error.detail, id=name, retry_after=retry, **about_ticket))

    async def _read(self) -> None:
        while True:
            event = await self._receive()
            if event["type"] != "websocket.receive":
                return
            # Received and passed over: where nobody receives, pings go unread, and the library closes with 1011.
            if self._closing is not None:
                continue
            self._taking, text = True, event.get("text") or ""
            rest = self._begun or self._begin(text)
            self._begun = None
            if rest is not None:
                await self._finish(text, rest)
            self._taking = False

    def _offered(self, text: str) -> bool:
        """
        Take a text that the wire has, ahead of `_read`. Return False where one before it is under way, or something is
        left to do: that is done in `_read`, where the same text comes next, and which takes one after another, however
        long one waits.
        """
        if self._taking or self._begun is not None or self._closing is not None:
            return False
        self._begun = self._begin(text)
        return self._begun is None

    def _begin(self, text: str) -> Rest | None:
        """Read, count and take a text, or refuse it. Return what is left to do."""
        try:
            frame = self._paid(text)
            if isinstance(frame, frames.Ping):
                self.tell(frames.PongOut())
            elif not isinstance(frame, frames.Pong) and (rest := self.take(frame)) is not None:
                return rest
            self._passed()
        except LetheError as error:
            self._refused(error, text)
        return None

    async def _finish(self, text: str, rest: Rest) -> None:
        try:
            await rest()
            self._passed()
        except LetheError as error:
            self._refused(error, text)

    def _paid(self, text: str) -> F:
        """Return the frame that a text is, counted. What is none is counted too."""
        try:
            frame = self._frame_of(text)
        except LetheError:
            self.spend()
            raise
        if self.is_counted(frame):
            self.spend()
        return frame

    def _passed(self) -> None:
        self._bad, self._flood = 0, max(0, self._flood - 1)  # a flood has moments in which a frame passes

    def _refused(self, error: LetheError, text: str) -> None:
        self.refuse(error, frames.id_of(text))
        self._count(error)

    def _count(self, error: LetheError) -> None:
        """Let go of an end that sends nothing but bad frames, or floods."""
        self._bad = self._bad + 1 if isinstance(error, BadInput) else 0
        self._flood += isinstance(error, RateLimited)
        if self._bad >= BAD_FRAMES:
            self.close(frames.CLOSE_BAD_FRAMES, "ten bad frames in a row")
        if self._flood >= FLOOD:
            self.close(frames.CLOSE_RATE, "too many frames")

    def spend(self) -> None:
        """Count one frame. Raises RateLimited where there were too many."""
        wait = self.allowance.take(time.monotonic())
        if wait:
            raise RateLimited("Too many frames", retry_after=wait)

    def _write_soon(self) -> None:
        if not self._writing:
            self._writing = True
            self._keep(asyncio.create_task(self._write()))

    async def _write(self) -> None:
        """Send what is in the outbox, then the closing frame if it is time for that."""
        with contextlib.suppress(OSError):  # the other end has gone; the reader hears of it too
            while self._outbox:
                line = self._outbox.popleft()
                self._chars -= len(line)
                await self._send({"type": "websocket.send", "text": line})
            if self._closing is not None:
                code, reason = self._closing
                await self._send({"type": "websocket.close", "code": code, "reason": reason})
        self._writing = False

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except LetheError as error:
            self.refuse(error)

    def _give_up(self) -> None:
        """Stop waiting for an end that does not answer, or takes nothing, the closing frame included."""
        if self._main is not None:
            self._main.cancel()
