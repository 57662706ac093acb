"""Lethe as a target: ``lethe serve`` on SQLite, met as visitors and agents meet it."""

import http.client
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from bench.load import Pair
from bench.process import ROOT, Server, free_port, serving
from bench.texts import Said, client_id
from bench.wire import Wire, connect

SERVE = (sys.executable, "-m", "chat", "serve")
ORIGIN = "https://shop.example"
PAIRS_EACH = 4
"""Pairs to an account: what happens in a ticket is also told to the account's other agents."""


class Shop(msgspec.Struct, frozen=True):
    """What one account is known by: the site's key, and the token its agent works with."""

    site_key: str
    api_token: str


class Shops:
    """The people of one Lethe: a few visitors an account, and for each a socket of its agent."""

    def __init__(self, server: Server, shops: Sequence[Shop], data: Path) -> None:
        """Take the accounts that were prepared for ``server``, whose folder is ``data``."""
        self.server, self.data = server, data
        self._shops = shops

    def pairs(self, count: int) -> list[Pair]:
        """Let ``count`` visitors agree and ask; let an agent open each one's ticket."""
        return [self._pair(shop, token) for shop, token in self._agreed(count)]

    def idlers(self, count: int) -> Iterator[Wire]:
        """Let ``count`` visitors agree, then connect and say no more than hello."""
        agreed = self._agreed(count)
        return (self.visitor(token) for _, token in agreed)

    def _agreed(self, count: int) -> list[tuple[Shop, str]]:
        shops = [self._shops[number // PAIRS_EACH % len(self._shops)] for number in range(count)]
        with closing(http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)) as door:
            return [(shop, _session(door, shop, number)) for number, shop in enumerate(shops)]

    def _pair(self, shop: Shop, token: str) -> Pair:
        visitor = self.visitor(token)
        visitor.send(msgspec.json.encode(Said(client_id(0, 0), "Hello, is anybody there?")))
        ticket = _awaited(visitor, "ack")["ticket"]
        agent = self._connect("/ws/agent", {"Authorization": f"Bearer {shop.api_token}"})
        _awaited(agent, "welcome")
        _ask(agent, {"type": "open", "ticket": ticket, "last_seq": 0}, "welcome")
        return Pair(visitor, agent, ack="ack")

    def tokens(self, count: int) -> list[str]:
        """Let ``count`` visitors agree, and return by what each is known."""
        return [token for _, token in self._agreed(count)]

    def visitor(self, token: str) -> Wire:
        """Let one who has agreed connect and say hello."""
        wire = self._connect("/ws/visitor", {"Origin": f"http://127.0.0.1:{self.server.port}"})
        _ask(wire, {"type": "hello", "token": token, "last_seq": 0}, "welcome")
        return wire

    def _connect(self, path: str, headers: dict[str, str]) -> Wire:
        return connect(self.server.port, path, {"Sec-WebSocket-Protocol": "lethe.v1", **headers})


def _session(door: http.client.HTTPConnection, shop: Shop, number: int) -> str:
    """Agree as the visitor ``number``, who comes through a proxy from an address of their own."""
    origin = {
        "Origin": ORIGIN,
        "X-Forwarded-For": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}",
    }
    body = {"notice_version": 1, "consent": {"chat": True, "spam_training": False}, "fields": {}}
    headers = {"Content-Type": "application/json", **origin}
    door.request("POST", f"/widget/{shop.site_key}/sessions", json.dumps(body), headers)
    answer = door.getresponse()
    text = answer.read()
    if answer.status != 201:
        raise RuntimeError(f"a session was refused with {answer.status}: {text.decode()}")
    return str(json.loads(text)["token"])


def _ask(wire: Wire, frame: dict[str, object], wanted: str) -> dict[str, object]:
    wire.send(msgspec.json.encode(frame))
    return _awaited(wire, wanted)


def _awaited(wire: Wire, wanted: str) -> dict[str, object]:
    text = wire.until(lambda payload: json.loads(payload)["type"] == wanted)
    answer: dict[str, object] = json.loads(text)
    return answer


class Lethe:
    """Data folders for ``lethe serve``: prepared once, copied for every start."""

    def __init__(self, folder: Path, accounts: int, command: Sequence[str] = SERVE) -> None:
        """Prepare ``accounts`` in ``folder``; ``command`` is what serves."""
        self.fresh = folder / "fresh"
        self._command = command
        prepare = [sys.executable, "-m", "bench.prepare", str(accounts)]
        environ = environ_of(self.fresh)
        made = subprocess.run(prepare, cwd=ROOT, env=environ, stdout=subprocess.PIPE, check=True)
        self.shops = msgspec.json.decode(made.stdout, type=list[Shop])

    @contextmanager
    def running(self) -> Iterator[Shops]:
        """Serve a copy of the prepared data."""
        port = free_port()
        with TemporaryDirectory(dir=self.fresh.parent) as parent:
            data = Path(parent) / "data"
            shutil.copytree(self.fresh, data)
            with serving([*self._command, "--port", str(port)], port, environ_of(data)) as server:
                yield Shops(server, self.shops, data)


def environ_of(data: Path) -> dict[str, str]:
    """Return the environment of a Lethe whose folder is ``data``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LETHE_")}
    return {
        **kept,
        "LETHE_DATA": str(data),
        "LETHE_LOG_LEVEL": "WARNING",
        "LETHE_TRUSTED_PROXIES": "127.0.0.1",
        "LETHE_API_RATE": "0",
    }
