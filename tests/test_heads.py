"""The head of a request: how long it may be and how long it may take, and that the parser alone has neither limit."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from chat.web import http
from chat.web.http import HEAD_MOST, Http

pytestmark = pytest.mark.anyio
LINE = b"x-long: " + b"y" * 1000 + b"\r\n"
TOO_LONG = {
    "lines": b"GET / HTTP/1.1\r\nhost: a\r\n" + LINE * 70 + b"\r\n",
    "lines without an end": b"GET / HTTP/1.1\r\nhost: a\r\n" + LINE * 400,
    "one line": b"GET / HTTP/1.1\r\nhost: a\r\nx: " + b"y" * 70_000 + b"\r\n\r\n",
    "one line without an end": b"GET / HTTP/1.1\r\nhost: a\r\nx: " + b"y" * 400_000,
    "a name": b"GET / HTTP/1.1\r\nhost: a\r\n" + b"y" * 70_000 + b": x\r\n\r\n",
    "the address": b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nhost: a\r\n\r\n",
    "the address without an end": b"GET /" + b"a" * 400_000,
    "an upgrade": b"GET / HTTP/1.1\r\nupgrade: websocket\r\nconnection: upgrade\r\n" + LINE * 70 + b"\r\n",
    "with a body": b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n" + LINE * 70 + b"\r\nhello",
}


async def app(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
    """Reads the body, then says ok; opens a socket and closes it."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close"})
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def met(
    kind: type[HttpToolsProtocol], config: uvicorn.Config | None = None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Serves on loopback; gives a client's end."""
    config = config or uvicorn.Config(app, ws="websockets-sansio", log_config=None, lifespan="off")
    config.load()
    server = await asyncio.get_running_loop().create_server(lambda: kind(config, ServerState(), {}), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
    try:
        yield reader, writer
    finally:
        writer.close()
        server.close()


async def status(kind: type[HttpToolsProtocol], sent: bytes) -> bytes:
    """The first line of the answer to what was sent, empty where there is none within two seconds or a broken line."""
    async with met(kind) as (reader, writer):
        try:
            writer.write(sent)
            return (await asyncio.wait_for(reader.readline(), 2)).strip()
        except (TimeoutError, ConnectionError):
            return b""


@pytest.mark.parametrize("kind", TOO_LONG)
async def test_a_head_that_is_too_long_is_refused_and_the_line_closed(kind: str) -> None:
    async with met(Http) as (reader, writer):
        try:
            writer.write(TOO_LONG[kind])
            answer = await asyncio.wait_for(reader.read(), 10)
        except ConnectionError:  # what was still coming met a closed end
            answer = b"HTTP/1.1 431"
        assert answer.startswith(b"HTTP/1.1 431"), answer[:80]
        assert b"ok" not in answer.rpartition(b"\r\n\r\n")[2]


TWO_HOSTS = {
    "get": b"GET / HTTP/1.1\r\nhost: a\r\nHost: b\r\n\r\n",
    "alike": b"GET / HTTP/1.1\r\nhost: a\r\nx: y\r\nhost: a\r\n\r\n",
    "with a body": b"POST / HTTP/1.1\r\nhost: a\r\nhost: b\r\ncontent-length: 5\r\n\r\nhello",
    "an upgrade": b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
}


@pytest.mark.parametrize("kind", TWO_HOSTS)
async def test_who_names_two_hosts_is_refused(kind: str) -> None:
    """With the control: the parser alone takes them, and the first one counts."""
    assert (await status(Http, TWO_HOSTS[kind])).startswith(b"HTTP/1.1 400")
    if kind != "an upgrade":
        assert (await status(HttpToolsProtocol, TWO_HOSTS[kind])).startswith(b"HTTP/1.1 200")


async def test_a_host_among_the_trailers_hangs_nobody() -> None:
    head = b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
    assert (await status(Http, head + b"5\r\nhello\r\n0\r\nhost: b\r\n\r\n")).startswith(b"HTTP/1.1 200")


async def test_the_parser_alone_has_no_limit() -> None:
    assert b"200" in await status(HttpToolsProtocol, TOO_LONG["lines"])
    assert await status(HttpToolsProtocol, TOO_LONG["one line without an end"]) == b""


@pytest.mark.parametrize("size", [0, 1000, HEAD_MOST - 100])
async def test_a_head_within_the_limit_is_answered_one_after_another(size: int) -> None:
    asked = b"GET /?" + b"a" * (size // 2) + b" HTTP/1.1\r\nhost: a\r\nx: " + b"y" * (size // 2 - 40) + b"\r\n\r\n"
    async with met(Http) as (reader, writer):
        for _ in range(3):
            writer.write(asked)
            assert b"200" in await asyncio.wait_for(reader.readline(), 10)
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\nok"), 10)


async def test_trailers_count_too() -> None:
    chunked = b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"
    assert b"200" in await status(Http, chunked + LINE + b"\r\n")
    async with met(Http) as (reader, writer):
        writer.write(chunked + LINE * 400)
        with contextlib.suppress(ConnectionError):
            assert b"200" not in await asyncio.wait_for(reader.read(), 10)


@pytest.mark.parametrize(
    ("begun", "answer"), [(b"", b""), (b"GET / HT", b"408"), (b"GET / HTTP/1.1\r\nhost: a\r\nx: y", b"408")]
)
async def test_a_head_that_does_not_come_is_not_waited_for(
    begun: bytes, answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "HEAD_SECONDS", 0.3)
    async with met(Http) as (reader, writer):
        writer.write(begun)
        assert answer in await asyncio.wait_for(reader.read(), 10)


async def test_what_follows_an_answer_is_waited_for_no_longer_than_a_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "HEAD_SECONDS", 0.3)
    assert await trickled(Http)
    monkeypatch.setattr(http, "HEAD_SECONDS", 60.0)
    assert not await trickled(Http)


async def trickled(kind: type[HttpToolsProtocol]) -> bool:
    """Send a body, byte by byte, that nobody reads; whether the line is closed within three seconds."""
    config = uvicorn.Config(refusing, log_config=None, lifespan="off")
    async with met(kind, config) as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5000\r\n\r\n")
        assert b"403" in await reader.readline()
        for _ in range(60):
            with contextlib.suppress(ConnectionError):
                writer.write(b"x")
                await writer.drain()
            if reader.at_eof() or writer.transport.is_closing():
                return True
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(reader.read(1000), 0.05)
        return False


async def refusing(_: MutableMapping[str, Any], __: Any, send: Any) -> None:
    """Answers and reads nothing."""
    await send({"type": "http.response.start", "status": 403, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


UPGRADE = (
    b"GET / HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
    b"sec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)


@pytest.mark.parametrize(("behind", "answer"), [(b"", b"101"), (b"\x89\x80aaaa", b"400"), (b"\x81\x85aaaa", b"400")])
async def test_frames_that_do_not_wait_for_their_socket_are_refused_with_it(behind: bytes, answer: bytes) -> None:
    assert answer in await status(Http, UPGRADE + behind)


async def test_the_parser_alone_loses_what_follows_in_the_same_piece() -> None:
    assert b"101" in await status(HttpToolsProtocol, UPGRADE + b"\x89\x80aaaa")


async def test_a_body_may_take_longer_than_a_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "HEAD_SECONDS", 0.3)
    async with met(Http) as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhel")
        await asyncio.sleep(0.6)
        writer.write(b"lo")
        assert b"200" in await asyncio.wait_for(reader.readline(), 10)
