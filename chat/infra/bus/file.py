"""
The bus of a server without Redis, and of the commands beside it: what they do reaches it through a file in the data
folder, as ids and numbers.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from chat.core.deliveries import Delivery
from chat.core.events import Event, EventsMissed
from chat.core.macs import Macs
from chat.infra.bus.memory import Bus
from chat.infra.locks import lock

LOOKS = 1.0
WRITES = 1.0
MOST = 1 << 20


class FileBusServer(Bus):
    """The one that hears: looks once a second for what commands have left, and takes it away."""

    def __init__(self, path: Path, macs: Macs) -> None:
        super().__init__()
        self._path, self._macs = path, macs
        self._looking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look. Commands of before have their effect in the database, which a starting server reads anyway."""
        self._taken()
        self._looking = asyncio.create_task(self._look())

    async def stop(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOKS)
            data = self._taken()
            for line in data.splitlines():
                self._read(line)
            if len(data) >= MOST:
                self._tell_all(Delivery(EventsMissed()))

    def _read(self, line: bytes) -> None:
        said = self._macs.unmarked("event", line)
        if said is None:  # written by somebody else, or cut short by a kill
            self.forged += 1
            return
        try:
            event = _decoder.decode(said)
        except msgspec.DecodeError:  # of another version of Lethe
            self.missed += 1
            return
        self._tell(Delivery(event))

    def _taken(self) -> bytes:
        """Return what lies in the file and empty it. Return nothing while a command is writing."""
        try:
            if not self._path.stat().st_size:
                return b""
            # Not waited for: this is the loop's own thread, and a second from now it looks again.
            with _locked(self._path, 0) as file:
                data = os.read(file, 2 * MOST)
                os.ftruncate(file, 0)
                return data
        except OSError:
            return b""


class FileBusClient(Bus):
    """One that is heard: also leaves what it tells for the server, if there is one, and hears nothing."""

    def __init__(self, path: Path, macs: Macs) -> None:
        super().__init__()
        self._path, self._macs = path, macs

    def _publish(self, deliveries: list[Delivery[Event]]) -> None:
        """Tell everybody here at once, and leave it for the server."""
        super()._publish(deliveries)
        data = b"".join(self._macs.marked("event", msgspec.json.encode(each.event)) + b"\n" for each in deliveries)
        try:
            with _locked(self._path, WRITES) as file:
                # Where no server takes it away it must not grow for ever; one that finds it full reads all anew.
                if os.fstat(file).st_size < MOST:
                    os.write(file, data)
        except OSError:
            self.missed += len(deliveries)


@contextlib.contextmanager
def _locked(path: Path, seconds: float) -> Iterator[int]:
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        lock(file, seconds)
        yield file
    finally:
        os.close(file)


_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
