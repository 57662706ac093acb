"""Requests by chance over every route, written to a socket as bytes, so that nothing on our side tidies them."""

import http.client
import json
import random
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from starlette.routing import BaseRoute, Mount, Route

from chat.routes import routes
from tests.fuzz import odd
from tests.lethe import NOTICE, Account
from tests.routes import taken
from tests.test_bodies import BODIES, OURS

VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND")
TYPES = (
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
    "text/plain",
    "x",
    "",
)
PART = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
PICTURE = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0\x1f\x15\xc4\x89"
GOOD = {"/api/v1" + path.partition(" ")[2]: body for path, body in BODIES.items()} | {
    path.partition(" ")[2]: body for path, body in OURS.items()
}
EXPECTED = {503, 507}
"""Said on purpose: a part is away, or there is no room."""


@dataclass
class Known:
    """What the fuzzer knows of an account, so that some of what it asks for is there."""

    account: Account
    cookie: str
    csrf: str
    tokens: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    def renew(self) -> None:
        """Somebody new agrees and writes: what was there may be gone."""
        self.account.publish(NOTICE["text"])
        contact = self.account.contact("Ada", email="ada@visitor.example")
        with contact.socket() as visitor:
            visitor.get("welcome")
            visitor.post("A question")
        self.tokens, self.ids = [*self.tokens[-3:], contact.token], [*self.ids[-5:], contact.uid]


def all_routes(found: list[BaseRoute] | None = None, before: str = "") -> Iterator[tuple[str, Route]]:
    """Every route of HTTP with its whole path."""
    for each in routes() if found is None else found:
        if isinstance(each, Mount) and each.routes:
            yield from all_routes(list(each.routes), before + each.path)
        elif isinstance(each, Route):
            yield before + each.path, each


ROUTES = list(all_routes())


def request(dice: random.Random, known: Known) -> tuple[str, bytes]:
    """A verb, and the bytes of a request."""
    path, route = dice.choice(ROUTES)
    usual = sorted(set(route.methods or {"GET"}) - {"HEAD"})
    verb = dice.choice(usual if dice.random() < 0.85 else VERBS)
    body, kind = _body(dice, verb, path)
    head = [f"{verb} {_address(dice, known, path, route)} HTTP/1.1".encode("latin-1", "replace"), b"host: chat.example"]
    head += [line.encode("latin-1", "replace") for line in _headers(dice, known, kind)]
    if body and dice.random() < 0.1:
        cut = dice.randrange(1, len(body) + 1)
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in (body[:cut], body[cut:]) if each)
        return verb, b"\r\n".join([*head, b"transfer-encoding: chunked", b"", chunks + b"0\r\n\r\n"])
    return verb, b"\r\n".join([*head, b"content-length: %d" % len(body), b"", body])


def _address(dice: random.Random, known: Known, path: str, route: Route) -> str:
    for name in ("site_key", "number:int", "seq:int", "id", "contact", "view"):
        there = {"site_key": known.account.site, "id": dice.choice(known.ids), "contact": dice.choice(known.ids)}
        usual = there.get(name, "open" if name == "view" else str(dice.randrange(1, 9)))
        put = usual if dice.random() < 0.8 else quote(odd.text(dice).encode("utf-8", "surrogatepass"), safe="")
        path = path.replace(f"{{{name}}}", put)
    if dice.random() < 0.03:
        path += dice.choice(["/", "//", "/..", "%2f", "%00", ";x", "\xff", "?", "#a", "/" + "a" * 9000])
    names = [*taken(route.endpoint), *(["locale"] if dice.random() < 0.2 else [])]
    if dice.random() < 0.1:
        names.append(dice.choice(odd.NAMES))
    asked = [(each, odd.text(dice)) for each in names if dice.random() < 0.4]
    query = urlencode([(each, said.encode("utf-8", "surrogatepass")) for each, said in asked])
    return path + (f"?{query}" if query else dice.choice(["", "", "", "", "?", "?&", "?=", "?%ff=%fe"]))


def _headers(dice: random.Random, known: Known, kind: str) -> Iterator[str]:
    junk = odd.text(dice).replace("\r", "").replace("\n", "").replace("\0", "")[:3000]
    who = dice.randrange(6)
    if who < 2:
        yield f"authorization: Bearer {known.account.token}"
    elif who == 2 and known.tokens:
        yield f"authorization: Bearer {dice.choice(known.tokens)}"
    elif who == 3:
        yield f"cookie: {known.cookie}"
        yield f"origin: {dice.choice(['http://chat.example', known.account.origin, 'null', junk])}"
        yield f"x-csrf-token: {known.csrf if dice.random() < 0.8 else junk}"
    elif who == 4:
        yield f"authorization: {dice.choice(['Bearer', 'Basic', 'bearer ', junk])} {junk}"
        yield f"cookie: lethe_session={junk}; lethe_locale={junk}"
    network = ".".join(str(dice.randrange(256)) for _ in range(3))
    yield f"x-forwarded-for: {dice.choice(['', junk + ', '])}10.{network}"
    yield f"content-type: {kind if dice.random() < 0.9 else junk}"
    for name in (
        "accept",
        "accept-language",
        "range",
        "if-none-match",
        "if-modified-since",
        "origin",
        "x-forwarded-proto",
    ):
        if dice.random() < 0.15:
            yield f"{name}: {dice.choice(['text/html', 'el;q=0.5,en', 'bytes=0-1', 'bytes=9-1,-5', '*', junk])}"


def _body(dice: random.Random, verb: str, path: str) -> tuple[bytes, str]:
    if verb in {"GET", "HEAD"} and dice.random() < 0.9:
        return b"", ""
    kind = dice.randrange(10)
    if ("attachments" in path and kind < 7) or kind == 0:
        data = bytearray(PART + dice.choice([PICTURE, b"%PDF-1.4 x", b"hello", b"", b"PK\3\4"]) + b"\r\n--b--\r\n")
        for _ in range(dice.choice([0, 0, 1, 4])):
            data[dice.randrange(len(data))] = dice.randrange(256)
        return bytes(data), TYPES[2]
    if path.startswith("/api") or path in GOOD:
        good = GOOD.get(path, {})
        return odd.written(dice, odd.spoilt(dice, good) if kind < 8 else odd.value(dice)), TYPES[0]
    fields = [(dice.choice([*odd.NAMES, "csrf", "password"]), odd.text(dice)) for _ in range(dice.randrange(6))]
    form = urlencode([(name, said.encode("utf-8", "surrogatepass")) for name, said in fields]).encode()
    return form if kind < 8 else dice.randbytes(dice.randrange(200)), dice.choice(TYPES)


class Line:
    """One connection to the server, opened again where it was closed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: socket.socket | None = None

    def ask(self, verb: str, sent: bytes) -> tuple[int, bytes]:
        """Send a request; the answer's status and body, 0 where the line was closed without one."""
        line = self._open or socket.create_connection(("127.0.0.1", self._port), timeout=60)
        self._open = None
        try:
            line.sendall(sent)
            answer = http.client.HTTPResponse(line, method=verb)
            answer.begin()
            body = answer.read()
        except (ConnectionError, http.client.HTTPException):
            line.close()
            return 0, b""
        if answer.will_close:
            line.close()
        else:
            self._open = line
        return answer.status, body

    def close(self) -> None:
        """Close it."""
        if self._open is not None:
            self._open.close()


def code_of(body: bytes) -> str:
    """The code of a problem."""
    try:
        return str(json.loads(body)["code"])
    except (ValueError, KeyError, TypeError):
        return ""


def known_of(account: Account) -> Known:
    """An account with something in it, and its owner signed in."""
    cookie = account.sign_in()
    page: Any = account.lethe.http.get("/admin/agents", headers={"cookie": cookie}).text
    csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
    known = Known(account, cookie, csrf)
    known.renew()
    return known
