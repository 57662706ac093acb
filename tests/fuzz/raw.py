"""Bytes to a server and back, with nothing between that would tidy them."""

import contextlib
import socket


def heard(port: int, *pieces: bytes) -> bytes:
    """Send this over a new line and read to its end; a minute at most between two pieces."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        got = b""
        with contextlib.suppress(ConnectionError):
            for piece in pieces:
                line.sendall(piece)
        with contextlib.suppress(ConnectionError):
            while data := line.recv(1 << 16):
                got += data
        return got


def status(answer: bytes) -> int:
    """The status of an answer; 0 where there was none."""
    head = answer.split(b" ", 2)
    return int(head[1]) if len(head) > 1 and head[0] == b"HTTP/1.1" else 0
