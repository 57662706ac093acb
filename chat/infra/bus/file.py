"""
The form of a server without Redis and of the commands beside it: what they do reaches it through a file in the data
folder, as ids and numbers.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from chat.core.macs import Macs
from chat.core.nudges import Nudge, Told
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
        """Begin to look; what was left before is in the database, which a server that starts reads anyway."""
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
                said = self._macs.unmarked("nudge", line)
                if said is None:  # written by somebody else, or cut short by a kill
                    self.forged += 1
                    continue
                with contextlib.suppress(msgspec.DecodeError):  # of another version of Lethe
                    self._tell(Told(_decoder.decode(said)))
            if len(data) >= MOST:
                self._tell_all(Nudge("resync"))

    def _taken(self) -> bytes:
        """Return what lies in the file and empty it; nothing while a command is writing."""
        try:
            if not self._path.stat().st_size:
                return b""
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

    def publish(self, *told: Told) -> None:
        """Tell everybody here at once, and leave it for the server."""
        super().publish(*told)
        data = b"".join(self._macs.marked("nudge", msgspec.json.encode(each.nudge)) + b"\n" for each in told)
        try:
            with _locked(self._path, WRITES) as file:
                # Where no server takes it away it must not grow for ever; one that finds it full reads all anew.
                if os.fstat(file).st_size < MOST:
                    os.write(file, data)
        except OSError:
            self.missed += len(told)


@contextlib.contextmanager
def _locked(path: Path, seconds: float) -> Iterator[int]:
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        lock(file, seconds)
        yield file
    finally:
        os.close(file)


_decoder = msgspec.json.Decoder(Nudge)
