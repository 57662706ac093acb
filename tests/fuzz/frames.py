"""Frames by chance over both sockets: good ones spoilt, and bytes that are no frames of the protocol at all."""

import base64
import json
import random
import socket
from typing import Any

from websockets.frames import Frame, Opcode

from tests.fuzz import odd
from tests.fuzz.requests import Known
from tests.test_frames import AGENT, VISITOR

EACH = 110
"""Frames on one socket: fewer than close it for their number alone."""
ODD_MOST = 60


def batch(dice: random.Random, good: list[dict[str, Any]]) -> bytes:
    """Some frames as bytes, with a good one now and then, so that not all are read as bad ones in a row."""
    made, strange = [], 0
    for number in range(EACH):
        if number % 8 == 0:
            made.append(_masked(b'{"type":"ping"}'))
        elif strange < ODD_MOST and dice.random() < 0.1:
            strange += 1
            made.append(_strange(dice))
        else:
            made.append(_masked(odd.written(dice, odd.spoilt(dice, _fresh(dice, dice.choice(good))))))
    return b"".join(made)


def _fresh(dice: random.Random, frame: dict[str, Any]) -> dict[str, Any]:
    given = {
        "id": f"{dice.getrandbits(32):08x}-0000-4000-8000-{dice.getrandbits(48):012x}",
        "ticket": dice.randrange(1, 5),
    }
    return {name: given.get(name, value) for name, value in frame.items()}


def _masked(data: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True) -> bytes:
    if opcode is Opcode.TEXT:  # what is no UTF-8 closes a socket at once
        data = data.decode("utf-8", "replace").encode()
    return Frame(opcode, data, fin).serialize(mask=True)


def _strange(dice: random.Random) -> bytes:
    kind = dice.randrange(12)
    if kind < 4:
        return _masked(dice.randbytes(dice.randrange(100))[:125], dice.choice([Opcode.PING, Opcode.PONG]))
    if kind < 7:
        return _masked(b"", fin=False) + _masked(b'{"type":', Opcode.CONT, fin=False) + _masked(b'"ping"}', Opcode.CONT)
    if kind < 10:
        return _masked(b"", Opcode.BINARY)
    return dice.choice(
        [dice.randbytes(30), b"\x83\x80aaaa", b"\xc1\x80aaaa", b"\x81\xff" + b"\xff" * 12, b"\x89\xfe\xff\xff"]
    )


def exchange(port: int, path: str, headers: str, sent: bytes) -> str:
    """Open a socket, send all this and read to its end; what was wrong with that, "" where nothing was."""
    key = base64.b64encode(b"0123456789abcdef").decode()
    head = f"GET {path} HTTP/1.1\r\nhost: chat.example\r\nupgrade: websocket\r\nconnection: upgrade\r\n{headers}"
    head += f"sec-websocket-version: 13\r\nsec-websocket-key: {key}\r\nsec-websocket-protocol: lethe.v1\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        try:
            line.sendall(head.encode("latin-1"))
            heard = line.recv(1 << 16)  # RFC 6455, 4.1: nothing may follow before this
            line.sendall(sent + Frame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=True))
            line.shutdown(socket.SHUT_WR)
            while data := line.recv(1 << 16):
                heard += data
        except TimeoutError:
            return "a socket did not end in a minute"
        except OSError:
            return ""  # closed while we were still sending: for what was sent
    return "" if heard.startswith(b"HTTP/1.1 101") else f"a socket was not opened: {heard[:60]!r}"


def talk(dice: random.Random, known: Known, port: int) -> tuple[int, str]:
    """One socket of either kind; how many frames were sent, and what was wrong."""
    if dice.random() < 0.5:
        return EACH, exchange(port, "/ws/agent", f"authorization: Bearer {known.account.token}\r\n", batch(dice, AGENT))
    hello = json.dumps({"type": "hello", "token": dice.choice(known.tokens), "last_seq": 0}).encode()
    return EACH + 1, exchange(port, "/ws/visitor", "", _masked(hello) + batch(dice, VISITOR))
