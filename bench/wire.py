"""A client's end of a websocket over a plain socket: whole text frames out, whole ones in.

It speaks what a load generator needs of RFC 6455 and no more: no fragments, no extensions. Reading
never blocks; the wire answers pings, and notes the close code when the other side ends.
"""

import base64
import contextlib
import select
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator

TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A
PATIENCE = 20.0
"""Seconds that setting up a connection may wait for any one answer."""
GONE = 1006
"""The close code of a connection that ended without saying so."""

_CHUNK = 1 << 16
_KEY = base64.b64encode(b"load generator 1").decode()


class WireError(Exception):
    """The other side refused the connection, left, or did not answer in time."""


def framed(payload: bytes, opcode: int = TEXT) -> bytes:
    """Return ``payload`` (under 64 KiB) as one frame from a client."""
    size = len(payload)
    head = struct.pack("!BB", opcode, 0x80 | size) if size < 126 else struct.pack("!BBH", opcode, 0xFE, size)
    # A mask of zeros: the server pays for unmasking as ever, and we pay nothing.
    return head + b"\0\0\0\0" + payload


def unframed(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Yield each whole frame at the head of ``data``: first byte, payload, where it ends."""
    at, size = 0, len(data)
    while size - at >= 2:
        start, length = at + 2, data[at + 1]
        if length == 126:
            start = at + 4
            length = int.from_bytes(data[at + 2 : start], "big")
        elif length == 127:
            start = at + 10
            length = int.from_bytes(data[at + 2 : start], "big")
        end = start + length
        if end > size or start > size:
            return
        yield data[at], data[start:end], end
        at = end


class Wire:
    """One open connection."""

    def __init__(self, sock: socket.socket) -> None:
        """Take over ``sock``, whose handshake is done."""
        sock.settimeout(0)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock = sock
        self._rest = b""
        self.fileno = sock.fileno
        self.closed: int | None = None

    def send(self, payload: bytes) -> None:
        """Send ``payload`` as one text frame; that the socket's buffer is full is an error."""
        frame = framed(payload)
        try:
            if self._sock.send(frame) != len(frame):
                raise WireError("the server stopped reading")
        except OSError as error:
            raise WireError(f"cannot send: {error}") from error

    def push(self, payload: bytes) -> None:
        """Send ``payload`` as one text frame, waiting while the socket's buffer is full, at most ``PATIENCE``."""
        self._sock.settimeout(PATIENCE)
        try:
            self._sock.sendall(framed(payload))
        except OSError as error:
            raise WireError(f"cannot send: {error}") from error
        finally:
            self._sock.settimeout(0)

    def receive(self) -> list[bytes]:
        """Return the text payloads that have arrived."""
        try:
            chunk = self._sock.recv(_CHUNK)
        except BlockingIOError:
            return []
        except OSError:
            chunk = b""
        if not chunk:
            self.closed = self.closed or GONE
            return []
        return self._texts(self._rest + chunk)

    def _texts(self, data: bytes) -> list[bytes]:
        texts, rest = [], 0
        for opcode, payload, end in unframed(data):
            if opcode == TEXT:
                texts.append(payload)
            else:
                self._control(opcode, payload)
            rest = end
        self._rest = data[rest:]
        return texts

    def _control(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self._sock.send(framed(payload, PONG))
        elif opcode == CLOSE:
            self.closed = int.from_bytes(payload[:2], "big") or GONE
        else:
            raise WireError(f"a frame that this generator does not know: 0x{opcode:02x}")

    def until(self, wanted: Callable[[bytes], bool], patience: float = PATIENCE) -> bytes:
        """Wait for a payload that is ``wanted`` and return it; what comes before is dropped."""
        deadline = time.monotonic() + patience
        poll = select.poll()  # select() takes no descriptor above 1023
        poll.register(self._sock, select.POLLIN)
        while (left := deadline - time.monotonic()) > 0:
            poll.poll(1000 * left)
            for payload in self.receive():
                if wanted(payload):
                    return payload
            if self.closed is not None:
                raise WireError(f"closed with {self.closed}")
        raise WireError(f"no answer within {patience:.0f} s")

    def close(self) -> None:
        """Leave with a normal close."""
        with self._sock, contextlib.suppress(OSError):
            self._sock.send(framed(struct.pack("!H", 1000), CLOSE))


class Ears:
    """Many wires listened to together."""

    def __init__(self) -> None:
        """Listen to nobody yet."""
        self._poll = select.epoll()
        self._ears: dict[int, tuple[Wire, Callable[[], object]]] = {}

    def add(self, wire: Wire, ear: Callable[[], object]) -> None:
        """Call ``ear`` whenever something has arrived on ``wire``, until it is closed."""
        self._poll.register(wire.fileno(), select.EPOLLIN)
        self._ears[wire.fileno()] = (wire, ear)

    def listen(self, seconds: float) -> None:
        """Wait at most ``seconds`` for something to arrive, and hear all that has."""
        for fd, _ in self._poll.poll(max(0.0, seconds)):
            wire, ear = self._ears[fd]
            ear()
            if wire.closed is not None:
                self._poll.unregister(fd)

    def listen_until(self, end: float) -> None:
        """Hear what arrives until the clock (``time.perf_counter``) shows ``end``."""
        while (left := end - time.perf_counter()) > 0:
            self.listen(left)


def hang_up(wires: Iterable[Wire]) -> None:
    """Close every one of ``wires``."""
    for wire in wires:
        wire.close()


def connect(port: int, path: str, headers: dict[str, str] | None = None) -> Wire:
    """Open a websocket to ``path`` on this machine's ``port``."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    lines = {
        "Host": f"127.0.0.1:{port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": _KEY,
        **(headers or {}),
    }
    request = f"GET {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
    sock.sendall(request.encode())
    head = b""
    while not head.endswith(b"\r\n\r\n") and (byte := sock.recv(1)):  # a byte more would be a frame's
        head += byte
    if not head.startswith(b"HTTP/1.1 101"):
        sock.close()
        raise WireError(head.split(b"\r\n")[0].decode(errors="replace") or "no handshake")
    return Wire(sock)
