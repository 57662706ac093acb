"""A request whose body comes slowly."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping

import httpx2

PACE = 0.05


class SlowRequest:
    """
    A POST whose body begins with `first` and goes on a byte now and then, until it is told to end with `last`. `begun`
    is set when the first part has gone.
    """

    def __init__(
        self, client: httpx2.AsyncClient, path: str, headers: Mapping[str, str], first: bytes = b"", last: bytes = b""
    ) -> None:
        self.begun, self._ends = asyncio.Event(), asyncio.Event()
        self.answer = asyncio.create_task(client.post(path, content=self._body(first, last), headers=headers))

    async def _body(self, first: bytes, last: bytes) -> AsyncIterator[bytes]:
        yield first
        self.begun.set()
        while not self._ends.is_set():
            yield b" "
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ends.wait(), PACE)
        yield last

    async def done(self) -> httpx2.Response:
        """Let it end; its answer."""
        self._ends.set()
        return await self.answer
