"""uvicorn's websocket with a short way for whole text frames. Everything else stays with the library."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import apply_mask  # type: ignore[attr-defined] # it has no public name
from websockets.protocol import State

from chat.core.frames import CLOSE_BAD_FRAMES
from chat.core.gate import Allowance

WIRE = "lethe.wire"
"""Under this name a socket finds its wire among the ASGI scope's extensions."""
TEXT = 0x81
"""The first byte of a text frame that is whole and has no extension (RFC 6455, section 5.2)."""
MASK_BYTES = 4
CLOSE_NOT_TEXT = 1007
TOP, OPCODE = 0x80, 0x0F
PING, CONTROL = 0x9, 0x8
TWO_MORE, EIGHT_MORE = 126, 127
"""In place of a length: it follows in so many bytes."""
ODD_A_MINUTE, ODD_BURST = 1200, 120
"""Frames that are no whole texts: pings, pongs, fragments, binary ones. A browser sends a pong in 20 seconds."""
BYTES_A_MINUTE, BYTES_BURST = 60 * (8 << 20), 8 << 20
FRAGMENTS = 64
"""So many may a message be cut into."""


class Wire(WebSocketsSansIOProtocol):
    """
    Hands a whole text frame straight to who listens, and writes one without a detour.

    By way of ASGI each frame costs a queue, a task's turn and two calls of the system to stop and start reading. A
    frame goes that way all the same where a socket does not take it at once, or where one before it still waits there,
    so none overtakes another. Opening, closing, pings, fragments and whatever is wrong are the library's.
    """

    _hear: Callable[[str], bool] | None = None
    _rest = b""
    _parts = 0
    _waits: asyncio.TimerHandle | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._odd = Allowance(ODD_A_MINUTE, ODD_BURST)
        self._bytes = Allowance(BYTES_A_MINUTE, BYTES_BURST)

    def handle_connect(self, event: Any) -> None:
        """Let the application find this wire."""
        try:
            super().handle_connect(event)
        except UnicodeError:  # a target that is not ASCII
            self._turn_away()
            return
        if self.handshake_initiated and not self.handshake_complete:
            self.scope["extensions"][WIRE] = self  # type: ignore[assignment] # ours is no dict

    def listen(self, hear: Callable[[str], bool]) -> None:
        """From now on offer each text to `hear` first. A text for which it returns False comes by way of ASGI."""
        self._hear = hear
        if self._waits is None:
            self._go_on()

    def say(self, text: str) -> bool:
        """Send a text at once, and return False, having done nothing, where it has to wait or the end is gone."""
        if self.conn.state is not State.OPEN or not self.writable.is_set() or self.transport.is_closing():
            return False
        self.transport.write(framed(text.encode()))
        return True

    def data_received(self, data: bytes) -> None:
        """Take what has arrived frame by frame, as far as the budget goes, and keep the rest."""
        if not self.handshake_initiated:
            super().data_received(data)
            self._turn_away_unread()
            return
        self._rest = self._rest + data if self._rest else data
        self._take_all()

    def connection_lost(self, exc: Exception | None) -> None:
        """Keep nothing."""
        if self._waits is not None:
            self._waits.cancel()
        self._rest = b""
        super().connection_lost(exc)

    def _take_all(self) -> None:
        if self._waits is not None or not self.handshake_complete:
            self.transport.pause_reading()
            return
        data, at = self._rest, 0
        while at < len(data) and not self.transport.is_closing():
            start, end = bounds(data, at)
            unmasked = len(data) > at + 1 and data[at + 1] < TOP  # by no client (RFC 6455, section 5.1)
            if unmasked or end - start > self.config.ws_max_size:
                self._rest = b""
                super().data_received(data[at:])  # which refuses it by its head
                return
            if end > len(data):
                break
            wait = self._price(data[at], end - at)
            if wait:
                self._wait(wait)
                break
            self._take(data[at:end], start - at)
            at = end
        self._rest = b"" if self.transport.is_closing() else data[at:]

    def _price(self, first: int, size: int) -> float:
        """
        Spend what a frame costs, and return the seconds to wait where that is too much. Whole texts are counted where
        they are read, unless nobody reads them any more.
        """
        now = self.loop.time()
        odd = first != TEXT or self.close_sent
        return (self._odd.take(now) if odd else 0.0) or self._bytes.take(now, size)

    def _wait(self, seconds: float) -> None:
        """Read nothing for a while: who sends more than is taken is slowed by TCP and not answered."""
        self.transport.pause_reading()
        self._waits = self.loop.call_later(seconds, self._go_on)

    def _go_on(self) -> None:
        self._waits = None
        if not self.read_paused:
            self.transport.resume_reading()
        self._take_all()

    def _take(self, frame: bytes, start: int) -> None:
        if frame[0] & OPCODE == PING and not self.writable.is_set():
            return  # who does not read gets no pongs to keep
        whole = frame[0] == TEXT and frame[1] >= TOP and self._parts == 0
        if frame[0] & OPCODE < CONTROL:
            self._parts = 0 if frame[0] & TOP else self._parts + 1
        if self._parts > FRAGMENTS:
            self.conn.fail(CLOSE_BAD_FRAMES, "too many fragments")
            self.handle_parser_exception()
        elif not whole or not self._heard(frame, start):
            super().data_received(frame)

    def send_receive_event_to_app(self) -> None:
        """Close with 1007 for a message that is no UTF-8: its sender's mistake, and no error of ours to log."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                self.conn.fail(CLOSE_NOT_TEXT, "not UTF-8")
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def _heard(self, frame: bytes, start: int) -> bool:
        # What waits in the queue came first, and nothing may overtake it.
        if self._hear is None or self.close_sent or not self.queue.empty():
            return False
        try:
            text = apply_mask(frame[start:], frame[start - MASK_BYTES : start]).decode()
        except UnicodeDecodeError:
            return False
        return self._hear(text)

    def _turn_away_unread(self) -> None:
        """Answer what is no handshake, which the library leaves without an answer and open."""
        if not self.handshake_initiated and self.conn.handshake_exc is not None:
            self._turn_away()

    def _turn_away(self) -> None:
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
        self.transport.close()


def bounds(data: bytes, at: int) -> tuple[int, int]:
    """Return where the payload of the client's frame at `at` starts and ends: past the data's end if it goes on."""
    head = at + 2
    length = int.from_bytes(data[at + 1 : head]) & 0x7F
    if length >= TWO_MORE:
        more = head + (2 if length == TWO_MORE else 8)
        length, head = int.from_bytes(data[head:more]), more
    start = head + MASK_BYTES
    return start, start + length


def framed(payload: bytes) -> bytes:
    """Return the payload as a server's text frame."""
    size = len(payload)
    if size < TWO_MORE:
        return bytes((TEXT, size)) + payload
    if size < 1 << 16:
        return bytes((TEXT, TWO_MORE)) + size.to_bytes(2) + payload
    return bytes((TEXT, EIGHT_MORE)) + size.to_bytes(8) + payload
