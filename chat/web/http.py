"""uvicorn's HTTP with limits on the head of a request, which neither it nor its parser has."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_MOST = 64 << 10
"""Bytes of a request's line and headers, trailers among them: as much as h11 takes."""
HEAD_SECONDS = 20.0


class Http(HttpToolsProtocol):
    """
    Closes a connection whose head is too long (431), or takes too long to come (408); one on which a body goes on
    coming after its answer; one that goes on after it asked for a socket, without waiting to be let in (400); and one
    that names two hosts (400, RFC 9112, 3.2): whoever stands in front may have read the other one.

    What has come is counted twice: whole headers as the parser names them, and bytes while a head is not at its end,
    since the parser keeps what it has of a line.
    """

    _heading, _following = True, False
    _came = b""
    _bytes = _named = _hosts = 0
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Wait so long for a head, no longer."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing."""
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what belongs to a head that has not ended."""
        self._came = data
        super().data_received(data)
        if self._heading:
            self._bytes += len(data)
        if max(self._bytes, self._named) > HEAD_MOST and not self.transport.is_closing():
            self._end(b"431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        """Begin to count."""
        super().on_message_begin()
        self._heading, self._bytes, self._named, self._hosts = True, 0, 0, 0
        self._await_head()

    def on_url(self, url: bytes) -> None:
        """Count the request's line, and keep no more of it than that."""
        self._named += len(url)
        if self._named <= HEAD_MOST:
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header, or a trailer after the body, and keep no more than that."""
        self._named += len(name) + len(value) + 4
        self._hosts += self._heading and name.lower() == b"host"
        if self._named <= HEAD_MOST:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head has come. One that is too long goes to nobody."""
        self._heading, self._following, self._bytes = False, True, 0
        self._stop()
        if self._good:
            super().on_headers_complete()
        else:
            self._end(b"431 Request Header Fields Too Large" if self._hosts <= 1 else b"400 Bad Request")

    def on_body(self, body: bytes) -> None:
        """What follows a head that was refused is nobody's."""
        if self._good:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """As `on_body`."""
        self._following = False
        self._stop()
        if self._good:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Nobody reads the rest of a body that was answered already, so it is waited for no longer than a head."""
        super().on_response_complete()
        if self._following and self._late is None:
            self._late = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def handle_websocket_upgrade(self) -> None:
        """As `on_body`. What follows in the same piece would be lost, and all frames after it out of step."""
        if not self._came.endswith(b"\r\n\r\n"):  # RFC 6455, 4.1: the client waits for the answer
            self._end(b"400 Bad Request")
        elif not self.transport.is_closing():
            super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, once."""
        if not self.transport.is_closing():
            super().send_400_response(msg)

    @property
    def _good(self) -> bool:
        return self._named <= HEAD_MOST and self._hosts <= 1

    def _await_head(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(HEAD_SECONDS, self._end, b"408 Request Timeout")

    def _stop(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _end(self, status: bytes) -> None:
        self._stop()
        if self.transport.is_closing():
            return
        quiet = not self._bytes and not self._named  # a browser opens a line ahead and may never use it
        if not quiet and getattr(self.cycle, "response_complete", True):
            self.transport.write(b"HTTP/1.1 " + status + b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
        self.transport.close()
