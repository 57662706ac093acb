"""uvicorn's websocket with a short way for whole text frames; everything else stays with the library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import apply_mask  # type: ignore[attr-defined] # it has no public name
from websockets.protocol import State

WIRE = "lethe.wire"
"""Under this name a socket finds its wire among the ASGI scope's extensions."""
TEXT = 0x81
"""The first byte of a text frame that is whole and has no extension (RFC 6455, section 5.2)."""
MASK_BYTES = 4
TOP = 0x80
TWO_MORE, EIGHT_MORE = 126, 127
"""In place of a length: it follows in so many bytes."""


class Wire(WebSocketsSansIOProtocol):
    """
    Hands a whole text frame straight to who listens, and writes one without a detour.

    By way of ASGI each frame costs a queue, a task's turn and two calls of the system to stop and start reading. A
    frame goes that way all the same where a socket does not take it at once, or where one before it still waits there,
    so none overtakes another. Opening, closing, pings, fragments and whatever is wrong are the library's.
    """

    _hear: Callable[[str], bool] | None = None
    _rest = b""

    def handle_connect(self, event: Any) -> None:
        """Let the application find this wire."""
        super().handle_connect(event)
        if self.handshake_initiated and not self.handshake_complete:
            self.scope["extensions"][WIRE] = self  # type: ignore[assignment] # ours is no dict

    def listen(self, hear: Callable[[str], bool]) -> None:
        """From now on offer each text to `hear` first; what it answers with False comes by way of ASGI."""
        self._hear = hear

    def say(self, text: str) -> bool:
        """Send a text at once; return False, having done nothing, where it has to wait or the end is gone."""
        if self.conn.state is not State.OPEN or not self.writable.is_set() or self.transport.is_closing():
            return False
        self.transport.write(framed(text.encode()))
        return True

    def data_received(self, data: bytes) -> None:
        """Take what has arrived frame by frame; keep the beginning of the next."""
        if self._hear is None:
            super().data_received(data)
            return
        if self._rest:
            data = self._rest + data
        at, size = 0, len(data)
        while at < size:
            start, end = bounds(data, at)
            if end - start > self.config.ws_max_size:
                self._leave(data[at:])
                return
            if end > size:
                break
            self._take(data[at:end], start - at)
            at = end
        self._rest = data[at:]

    def _take(self, frame: bytes, start: int) -> None:
        if not frame[0] & frame[1] & TOP:  # a fragment, or not masked
            self._leave(frame)
        elif frame[0] != TEXT or not self._heard(frame, start):
            super().data_received(frame)

    def _heard(self, frame: bytes, start: int) -> bool:
        if self._hear is None or not self.queue.empty():
            return False
        try:
            text = apply_mask(frame[start:], frame[start - MASK_BYTES : start]).decode()
        except UnicodeDecodeError:
            return False
        return self._hear(text)

    def _leave(self, data: bytes) -> None:
        """Leave this and all that follows to the library."""
        self._hear, self._rest = None, b""
        super().data_received(data)


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
