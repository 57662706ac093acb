"""The short way for text frames: what goes by it, what does not, and that the order holds between both."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode

from chat.web.sockets import wire
from chat.web.sockets.wire import FRAGMENTS, ODD_A_MINUTE, ODD_BURST, WIRE, Wire, bounds, framed

LARGEST = 65_536
UPGRADE = (
    "GET / HTTP/1.1\r\nHost: shop.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bG9hZCBnZW5lcmF0b3IgMQ==\r\n\r\n"
)
pytestmark = pytest.mark.anyio


@dataclass
class Ear:
    """An application that notes what it hears; `takes` says what it takes on the short way."""

    takes: random.Random | None = None
    heard: list[str] = field(default_factory=list)
    short: int = 0
    code: int = 0
    wire: Wire | None = None
    left: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        self.wire = scope["extensions"][WIRE]
        self.wire.listen(self._hear)
        while (event := await receive())["type"] == "websocket.receive":
            self.heard.append(event.get("text") or "")
        self.code = event["code"]
        self.left.set()

    def _hear(self, text: str) -> bool:
        if self.takes is not None and self.takes.random() < 0.3:
            return False
        self.short += 1
        self.heard.append(text)
        return True


@asynccontextmanager
async def met(ear: Ear) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Serves the application on loopback; gives a client's end whose handshake is done."""
    options: dict[str, Any] = {"ws_per_message_deflate": False, "ws_max_size": LARGEST, "lifespan": "off"}
    config = uvicorn.Config(ear, ws=Wire, log_config=None, **options)
    config.load()
    server = await asyncio.get_running_loop().create_server(lambda: Wire(config, ServerState(), {}), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
    writer.write(UPGRADE.encode())
    assert b"101 Switching" in await reader.readuntil(b"\r\n\r\n")
    await until(lambda: ear.wire is not None)
    yield reader, writer
    writer.close()
    server.close()


async def until(true: Any) -> None:
    """Waits until something is true."""
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - what is waited for is seen, not told
            await asyncio.sleep(0.001)


def sent(text: str | bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True, mask: bool = True) -> bytes:
    """A client's frame."""
    data = text.encode() if isinstance(text, str) else text
    return Frame(opcode, data, fin).serialize(mask=mask)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
async def test_a_text_is_framed_as_the_library_frames_it(size: int) -> None:
    payload = b"x" * size
    assert framed(payload) == sent(payload, mask=False)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 70_000])
async def test_of_a_frame_no_part_is_taken_for_the_whole(size: int) -> None:
    frame = sent(b"x" * size)
    start, end = bounds(b"??" + frame, 2)
    assert (frame[start - 2 :], end) == (frame[len(frame) - size :], len(frame) + 2)
    for cut in {*range(1, min(len(frame), 20)), len(frame) - 1}:
        assert bounds(frame[:cut], 0)[1] > cut


@pytest.mark.parametrize("seed", range(12))
async def test_frames_arrive_once_and_in_order_however_they_are_cut_and_whichever_way_they_take(seed: int) -> None:
    print("seed", seed)
    chance = random.Random(seed)
    ear = Ear(takes=random.Random(seed + 1000))
    texts = [f"{number} καλημέρα {'x' * chance.choice([0, 90, 130, 9000, 60_000])}" for number in range(60)]
    stream = b"".join(sent(text) + (sent(b"", Opcode.PING) if chance.random() < 0.2 else b"") for text in texts)
    async with met(ear) as (_, writer):
        while stream:
            cut = chance.choice([1, 3, 7, 100, 5000, 100_000])
            writer.write(stream[:cut])
            stream = stream[cut:]
            await asyncio.sleep(0)
        await until(lambda: len(ear.heard) >= len(texts))
    assert ear.heard == texts
    assert 0 < ear.short < len(texts)


async def test_what_is_whole_takes_the_short_way() -> None:
    ear = Ear()
    async with met(ear) as (_, writer):
        writer.write(sent("one") + sent("two"))
        await until(lambda: len(ear.heard) == 2)
    assert ear.short == 2


async def test_fragments_take_the_long_way() -> None:
    ear = Ear()
    async with met(ear) as (_, writer):
        writer.write(sent("a") + sent("b", fin=False) + sent("c", Opcode.CONT) + sent("d"))
        await until(lambda: len(ear.heard) == 3)
    assert (ear.heard, ear.short) == (["a", "bc", "d"], 1)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        pytest.param(sent(b"x" * (LARGEST + 1)), 1009, id="too large"),
        pytest.param(sent(b"\xff"), 1007, id="not UTF-8"),
        pytest.param(sent("plain", mask=False), 1002, id="unmasked"),
        pytest.param(sent("part", fin=False) + sent("not the rest"), 1002, id="not the rest"),
        pytest.param(b"\xc1" + sent("an extension nobody agreed on")[1:], 1002, id="unknown extension"),
        pytest.param(sent(b"\x03\xe8", Opcode.CLOSE), 1000, id="a goodbye"),
    ],
)
async def test_after_what_ends_a_connection_nothing_is_heard(wrong: bytes, code: int) -> None:
    ear = Ear()
    async with met(ear) as (_, writer):
        writer.write(sent("before") + wrong + sent("after"))
        await asyncio.wait_for(ear.left.wait(), 10)
    assert (ear.heard, ear.code) == (["before"], code)


@pytest.mark.parametrize("text", ["", "a", "abc", "x" * 126, "x" * 65_535])
async def test_a_frame_that_is_not_masked_ends_it_though_nothing_follows(text: str) -> None:
    """Else its first bytes would be taken for the mask, and the rest waited for."""
    ear = Ear()
    async with met(ear) as (_, writer):
        writer.write(sent(text, mask=False))
        await asyncio.wait_for(ear.left.wait(), 10)
    assert (ear.heard, ear.code) == ([], 1002)


async def test_what_is_no_text_is_no_error_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    ear = Ear()
    async with met(ear) as (_, writer):
        writer.write(sent(b"\xff", fin=False) + sent(b"\xfe", Opcode.CONT))
        await asyncio.wait_for(ear.left.wait(), 10)
    assert ear.code == 1007
    assert [each.levelname for each in caplog.records if each.levelno >= logging.ERROR] == []


async def test_who_does_not_read_is_not_written_to_past_the_systems_buffer() -> None:
    ear = Ear()
    async with met(ear):
        assert ear.wire is not None
        said = sum(ear.wire.say("x" * 60_000) for _ in range(1000))
        assert 0 < said < 1000


async def test_what_is_said_arrives_and_nothing_is_said_to_who_has_gone() -> None:
    ear = Ear()
    async with met(ear) as (reader, writer):
        assert ear.wire is not None
        assert ear.wire.say("Γεια")
        assert await reader.readexactly(2 + 8) == framed("Γεια".encode())
        writer.write(sent(b"\x03\xe8", Opcode.CLOSE))
        await asyncio.wait_for(ear.left.wait(), 10)
        assert not ear.wire.say("too late")


ODD = {
    "pings": sent(b"", Opcode.PING),
    "pongs": sent(b"", Opcode.PONG),
    "binary": sent(b"", Opcode.BINARY),
}
"""What is no text: a socket has a budget of these."""


@pytest.mark.parametrize("kind", ODD)
async def test_a_flood_of_any_kind_is_read_no_faster_than_its_budget(kind: str) -> None:
    ear = Ear()
    async with met(ear) as (_, writer):
        taken, seconds = await flooded(ear, writer, ODD[kind])
    assert taken <= ODD_BURST + (seconds + 0.5) * ODD_A_MINUTE / 60


@pytest.mark.parametrize("kind", ODD)
async def test_without_a_budget_a_flood_is_read(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "ODD_BURST", 10**9)
    ear = Ear()
    async with met(ear) as (_, writer):
        taken, seconds = await flooded(ear, writer, ODD[kind])
    assert taken > ODD_BURST + (seconds + 0.5) * ODD_A_MINUTE / 60


async def flooded(ear: Ear, writer: asyncio.StreamWriter, frame: bytes) -> tuple[int, float]:
    """Send 20,000 frames, then see for a second how many are taken: their number, and the time that passed."""
    loop, taken = asyncio.get_running_loop(), 0
    assert ear.wire is not None
    take = ear.wire._take

    def counted(data: bytes, start: int) -> None:
        nonlocal taken
        taken += 1
        take(data, start)

    ear.wire._take = counted  # type: ignore[method-assign, assignment] # to count
    began = loop.time()
    writer.write(frame * 20_000)
    await asyncio.sleep(1)
    return taken, loop.time() - began


async def test_a_flood_lets_others_have_their_turn_and_what_comes_after_it_arrives() -> None:
    ear = Ear()
    async with met(ear) as (_, writer):
        writer.write(sent(b"", Opcode.PING) * (ODD_BURST + 20) + sent("after"))
        await until(lambda: ear.heard == ["after"])


async def test_who_reads_no_pongs_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "ODD_BURST", 10**9)
    assert await waiting_pongs() < 300_000
    monkeypatch.setattr(wire, "PING", 0x99)
    assert await waiting_pongs() > 300_000


async def waiting_pongs() -> int:
    """Ping without reading; how many bytes wait to be written."""
    ear = Ear()
    async with met(ear) as (reader, writer):
        reader._transport.pause_reading()  # type: ignore[attr-defined] # so that nothing is read
        for _ in range(300):
            writer.write(sent(b"x" * 125, Opcode.PING) * 250)
            await asyncio.sleep(0)
        await until(lambda: writer.transport.get_write_buffer_size() == 0)
        await asyncio.sleep(0.2)
        assert ear.wire is not None
        return ear.wire.transport.get_write_buffer_size()


@pytest.mark.parametrize(("parts", "code"), [(FRAGMENTS, 1000), (FRAGMENTS + 1, 4400), (10_000, 4400)])
async def test_a_message_is_cut_into_so_many_parts_and_no_more(
    parts: int, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "ODD_BURST", 10**9)
    ear = Ear()
    async with met(ear) as (_, writer):
        writer.write(sent(b"", fin=False) + sent(b"", Opcode.CONT, fin=False) * (parts - 1) + sent("x", Opcode.CONT))
        writer.write(sent(b"\x03\xe8", Opcode.CLOSE))
        await asyncio.wait_for(ear.left.wait(), 10)
    assert (ear.code, ear.heard) == (code, ["x"] if code == 1000 else [])


@pytest.mark.parametrize(
    "head",
    [
        UPGRADE.replace("GET /", "GET /\xff"),
        UPGRADE.replace("Host:", f"Long: {'x' * 9000}\r\nHost:"),
        UPGRADE.replace("Host:", "x: y\r\n" * 200 + "Host:"),
        "nonsense\r\n\r\n",
    ],
)
async def test_what_is_no_handshake_is_answered_and_closed(head: str) -> None:
    config = uvicorn.Config(Ear(), ws=Wire, log_config=None, lifespan="off", ws_per_message_deflate=False)
    config.load()
    server = await asyncio.get_running_loop().create_server(lambda: Wire(config, ServerState(), {}), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
    writer.write(head.encode("latin-1"))
    assert (await asyncio.wait_for(reader.read(), 10)).startswith(b"HTTP/1.1 400")
    writer.close()
    server.close()
