"""
What the libraries below us got wrong once, tried on a running server: CVE-2018-1000518 (websockets), CVE-2026-48710,
CVE-2026-54282, CVE-2026-54283, CVE-2026-48817 and CVE-2023-29159 (Starlette).
"""

import ast
import gzip
import socket
import zlib
from itertools import product
from pathlib import Path
from urllib.parse import quote

import pytest

import chat
from chat.routes import every
from chat.web.page_endpoint import PageEndpoint
from chat.web.requests import BODY_MOST
from tests.chance import dice
from tests.fuzz.raw import heard, status
from tests.fuzz.requests import ROUTES
from tests.lethe import Account, Lethe
from tests.test_wire import sent

HOSTS = (
    "a/public?x=",
    "a/healthz#",
    "a@b",
    "a:80/healthz",
    "a/../healthz",
    "evil.example\\healthz",
    "[::1",
    "a b",
    "",
    "a,b",
    "%00",
    "\xff",
)
UPGRADE = (
    b"host: a\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
    b"sec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nsec-websocket-protocol: lethe.v1\r\n"
    b"sec-websocket-extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
)


@pytest.fixture(scope="module")
def lethe(embedded: Lethe) -> Lethe:
    """One process on SQLite: none of this asks a database."""
    return embedded


def ask(lethe: Lethe, line: bytes, host: bytes = b"a", more: bytes = b"", body: bytes = b"") -> bytes:
    """What a request is answered; the line is closed behind it."""
    head = b"%s HTTP/1.1\r\nhost: %s\r\nconnection: close\r\n%s" % (line, host, more)
    return heard(lethe.port, head + b"content-length: %d\r\n\r\n" % len(body) + body)


@pytest.mark.parametrize("path", ["/ws/visitor", "/ws/agent"])
def test_adv_89_nobody_is_promised_compression_and_what_is_compressed_ends_the_socket(
    account: Account, path: str
) -> None:
    small = zlib.compressobj(wbits=-15)
    bomb = small.compress(b"x" * (50 << 20)) + small.flush(zlib.Z_SYNC_FLUSH)
    frame = sent(bomb[:40_000])
    with socket.create_connection(("127.0.0.1", account.lethe.port), timeout=60) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nauthorization: Bearer {account.token}\r\n".encode() + UPGRADE)
        reply = line.recv(1 << 16)
        line.sendall(bytes((frame[0] | 0x40,)) + frame[1:])
        said = b""
        while data := line.recv(1 << 16):
            said += data
    assert reply.startswith(b"HTTP/1.1 101")
    assert b"extensions" not in reply.lower()
    assert b"\x88" in said
    assert (1002).to_bytes(2) in said


def test_adv_89_a_body_is_not_unpacked(account: Account) -> None:
    packed = gzip.compress(b'{"text":"' + b"x" * (50 << 20) + b'"}')
    more = b"authorization: Bearer %s\r\ncontent-encoding: gzip\r\n" % account.token.encode()
    assert status(ask(account.lethe, b"POST /api/v1/spam/classify", more=more, body=packed)) == 422


PUBLIC = {"/api/openapi.json", "/api/docs"}
"""They say what the docs say, and nothing of an account."""


def test_adv_90_no_host_opens_what_is_closed(lethe: Lethe) -> None:
    closed = {
        path
        for path, route in ROUTES
        if path.startswith(("/api/", "/admin", "/inbox")) and path not in PUBLIC and "GET" in (route.methods or ())
    }
    assert len(closed) > 20
    filled = (
        path.replace("{number:int}", "1").replace("{seq:int}", "1").replace("{id}", "x") for path in sorted(closed)
    )
    for path, host in product(filled, HOSTS):
        answer = ask(lethe, b"GET " + path.encode(), host.encode("latin-1"), b"accept: text/html\r\n")
        assert status(answer) in {303, 400, 401, 404}, (path, host, answer[:80])
        assert b"evil" not in answer.partition(b"\r\n\r\n")[0], (path, host)


def test_adv_90_our_code_asks_no_address_that_a_host_is_part_of() -> None:
    """`request.url` is put together from the Host header; `scope["path"]` is what was asked for."""
    found = []
    for file in Path(str(chat.__file__)).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in {"url", "base_url"}:
                owner = node.value
                if isinstance(owner, ast.Name) and owner.id in {"request", "connection", "websocket"}:
                    found.append(f"{file.name}:{node.lineno}")
    assert [each for each in found if not each.startswith("demo.py")] == []


TARGETS = (
    b"@evil.example",
    b"evil.example",
    b"http://evil.example/inbox",
    b"//evil.example/inbox",
    b"/\\evil.example",
    b"*",
    b"?",
    b"/..//evil.example",
    b"/%2f%2fevil.example",
    b"http:///",
    b":80/inbox",
    b"evil.example:443",
)


@pytest.mark.parametrize("verb", [b"GET", b"HEAD", b"POST", b"CONNECT", b"OPTIONS"])
def test_adv_91_a_target_without_a_slash_leads_nowhere(lethe: Lethe, verb: bytes) -> None:
    for target in TARGETS:
        answer = ask(lethe, verb + b" " + target, more=b"accept: text/html\r\n")
        location = next((line for line in answer.splitlines() if line.lower().startswith(b"location:")), b"location: /")
        assert status(answer) < 500, (target, answer[:200])
        assert location.lower().startswith(b"location: /"), location
        assert not location.lower().startswith((b"location: //", b"location: /\\")), location


UNREAD = {each.path for each in every() if each.body is None and not isinstance(each, PageEndpoint)}
"""Addresses that read no body at all, whatever is sent."""


def test_adv_92_a_form_has_so_many_fields_and_bytes(account: Account) -> None:
    def post(path: bytes, body: bytes) -> int:
        more = b"origin: http://a\r\ncontent-type: application/x-www-form-urlencoded\r\n"
        return status(ask(account.lethe, b"POST " + path, more=more, body=body))

    for path in sorted(
        {path for path, route in ROUTES if "POST" in (route.methods or ()) and not path.startswith("/api")}
    ):
        at = quote(path.replace("{site_key}", account.site).replace("{number:int}", "1").replace("{id}", "x")).encode()
        for body in (b"a=1&" * 301, b"a=1&" * 50_000, b"&" * 200_000, b"a=1&" * 1_000_000, b"a=" + b"x" * BODY_MOST):
            answer = post(at, body)
            assert 400 <= answer < 500 or answer == 303 or path in UNREAD, (path, body[:9], len(body))
    assert post(b"/signin", b"a=1&" * 301) == 413
    assert post(b"/signin", b"a=1&" * 1_000_000) == 413
    assert post(b"/signin", b"email=a%40b.example&password=wrong") == 401


def test_adv_93_a_verb_that_is_none_of_an_address_calls_nothing(account: Account) -> None:
    chance = dice("verbs")
    verbs = ["__init__", "__class__", "render", "get", "Get", "dispatch", "PROPFIND", "TRACE", "M-SEARCH", "LINK"]
    verbs += ["".join(chance.choices("ABCDEFGHIJ_-", k=6)) for _ in range(20)]
    before = account.lethe.still()
    bearer = b"authorization: Bearer %s\r\n" % account.token.encode()
    for verb in verbs:
        for path in ("/api/v1/tickets", "/", "/inbox", "/widget.js", "/static/admin.css", "/healthz"):
            answer = ask(account.lethe, f"{verb} {path}".encode(), more=bearer)
            assert status(answer) in {400, 405}, (verb, path, answer[:80])
    assert account.lethe.dump() == before


OUT = ("../", "..%2f", "%2e%2e/", "..\\", "..%5c", "....//", "%252e%252e/", "/", "%2f", "./../", "..%00/")
BESIDE = ("static1/secret.js", "widget1/x.js", "chat/app.py", "pyproject.toml", "etc/passwd", "README.md", "static.js")


def test_adv_96_no_way_leads_out_of_the_folder_of_files(lethe: Lethe) -> None:
    chance = dice("ways out")
    for mount, name in product(("/static/", "/widget-assets/"), BESIDE):
        for _ in range(12):
            way = "".join(chance.choices(OUT, k=chance.randrange(1, 6)))
            answer = ask(lethe, f"GET {mount}{way}{name}".encode())
            assert status(answer) in {400, 404}, (mount, way, name, answer[:80])
    assert status(ask(lethe, b"GET /static/admin.css")) == 200
