"""What is measured: servers that can be started and give out pairs and idle connections."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from bench.load import Pair
from bench.process import Server, free_port, serving
from bench.wire import Wire, connect


class Guests(Protocol):
    """The people of one running server."""

    server: Server

    def pairs(self, count: int) -> list[Pair]:
        """Connect ``count`` pairs, ready to write."""

    def idlers(self, count: int) -> Iterator[Wire]:
        """Prepare ``count`` visitors at once; then connect one with each step."""


@dataclass(frozen=True, slots=True)
class Target:
    """Something to measure, by name."""

    name: str
    running: Callable[[], AbstractContextManager[Guests]]


class Rooms:
    """The people of a relay: a room for each pair."""

    def __init__(self, server: Server) -> None:
        """Take the relay ``server``."""
        self.server = server

    def pairs(self, count: int) -> list[Pair]:
        """Open ``count`` rooms with two wires each; the relay's ack is the message itself."""
        return [Pair(self._enter(room), self._enter(room), ack="message") for room in range(count)]

    def idlers(self, count: int) -> Iterator[Wire]:
        """Enter rooms by twos."""
        return (self._enter(number // 2) for number in range(count))

    def _enter(self, room: int) -> Wire:
        wire = connect(self.server.port, f"/{room}")
        wire.until(lambda payload: b"welcome" in payload)
        return wire


def relay(kind: str) -> Callable[[], AbstractContextManager[Guests]]:
    """Return what starts the relay of that kind (``bench.relay``)."""

    @contextmanager
    def running() -> Iterator[Guests]:
        port = free_port()
        with serving([sys.executable, "-m", "bench.relay", kind, str(port)], port) as server:
            yield Rooms(server)

    return running


BARE = Target("websockets relay", relay("websockets"))
STARLETTE = Target("Starlette relay", relay("starlette"))
