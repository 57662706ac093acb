"""A server on loopback that is called: it keeps what it was sent, and answers, or does not, as a test says."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

LOOPBACK = "127.0.0.1"
TLS = b"\x16"
GOOD = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass(frozen=True)
class Heard:
    """A request: the path, the headers by their small names, the body."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What was heard, and what is answered next: bytes, or None for nothing at all while the line stays open."""

    host: str
    port: int = 0
    heard: list[Heard] = field(default_factory=list)
    says: Callable[[Heard], bytes | None] = lambda _: GOOD
    _lines: set[asyncio.StreamWriter] = field(default_factory=set)
    _serving: set[asyncio.Task[None]] = field(default_factory=set)

    def url(self, path: str = "/hook", host: str = "") -> str:
        """Where it is called."""
        return f"http://{host or self.host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one line to its end."""
        task = asyncio.create_task(self._hear(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        await task

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines.add(writer)
        try:
            begun = await reader.readexactly(1)
            if begun == TLS:
                return  # it speaks none
            head = (begun + await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.heard.append(asked := Heard(first.split()[1], headers, body))
            said = self.says(asked)
            if said is None:
                await reader.read()  # until who asked has gone
            else:
                writer.write(said)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._lines.discard(writer)
            writer.close()

    async def hang_up(self) -> None:
        """Close what is open, and wait until whoever served it has noticed."""
        for each in list(self._lines):
            each.transport.abort()
        await asyncio.gather(*self._serving, return_exceptions=True)


@asynccontextmanager
async def receiver(host: str = LOOPBACK, port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """Serve on a free port of this address, over TLS where it has a certificate."""
    made = Receiver(host)
    server = await asyncio.start_server(made.serve, host, port, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await made.hang_up()
