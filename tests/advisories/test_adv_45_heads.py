"""
What others wrote ends no line of a head and colours no line of the log: CVE-2020-7695 and CVE-2020-7694 (uvicorn).
"""

import io
import json
import logging
from urllib.parse import quote, urlencode

import pytest
import structlog

from chat.infra import logs
from tests.chance import dice
from tests.fuzz.raw import heard
from tests.lethe import Account, Lethe

EVIL = "x-evil"
ENDS = ("\r\n", "\n", "\r", "\u010d\u010a", "\u560d\u560a", "\u2028", "\x85", "\0", "\x0b", "\x1b[31m", "\x9b31m")
UNSEEN = {*map(chr, range(32)), *map(chr, range(0x7F, 0xA0)), "\u2028", "\u2029"} - {"\n"}


@pytest.fixture(scope="module")
def lethe(embedded: Lethe) -> Lethe:
    """One process on SQLite."""
    return embedded


def asked(account: Account, said: str) -> list[bytes]:
    """Requests with a text in every place that an answer's head may be made of."""
    each = quote(said, safe="")
    form = urlencode({"email": account.email, "password": account.password, "next": f"/{said}"}).encode()
    posted = b"origin: http://a\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: %d\r\n" % len(
        form
    )
    return [
        *(
            f"GET {path} HTTP/1.1\r\nhost: a\r\n".encode()
            for path in (
                f"/inbox/{each}",
                f"/{each}",
                f"/signin?next=/{each}",
                f"/signin?locale={each}",
                f"/static/{each}.js",
                f"/widget/{account.site}/frame?origin={each}",
                f"/api/v1/tickets?cursor={each}",
                f"/admin/{each}?{each}={each}",
            )
        ),
        b"POST /signin HTTP/1.1\r\nhost: a\r\n" + posted + b"\r\n" + form,
    ]


def heads(account: Account, said: str) -> list[bytes]:
    """The heads of their answers."""
    answers = []
    for each in asked(account, said):
        head, _, body = each.partition(b"\r\n\r\n")
        more = b"accept: text/html\r\nconnection: close\r\n\r\n"
        sent = head.rstrip(b"\r\n") + b"\r\n" + more + body
        answers.append(heard(account.lethe.port, sent).partition(b"\r\n\r\n")[0])
    return answers


@pytest.mark.parametrize("end", ENDS, ids=ascii)
def test_adv_45_no_text_of_others_begins_a_header(account: Account, end: str) -> None:
    for head in heads(account, f"a{end}{EVIL}: 1{end}{end}b"):
        assert head.startswith(b"HTTP/1.1 "), head
        assert not [line for line in head.splitlines() if line.lower().startswith(EVIL.encode())], head
        assert not set(head.decode("latin-1").replace("\r\n", "")) & UNSEEN, head


def test_adv_46_nothing_in_the_log_is_a_control(account: Account) -> None:
    chance = dice("the log")
    for _ in range(30):
        heads(account, "".join(chance.choice([*ENDS, "a", "canary"]) for _ in range(9)))
        heard(account.lethe.port, bytes(chance.choices(b"\x1b\x9b[31m GET /canary\r\n:", k=60)) + b"\r\n\r\n")
    log = (account.lethe.folder / "log").read_text("utf-8")
    assert not set(log) & UNSEEN
    assert "canary" not in log


def test_adv_46_whatever_is_logged_is_one_line_without_controls(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    root = logging.getLogger()
    kept = root.handlers, root.level
    monkeypatch.setattr("sys.stderr", out)
    logs.configure("INFO")
    try:
        for end in ENDS:
            structlog.get_logger("chat.test").info(f"a{end}b", said=f"c{end}d")
            logging.getLogger("uvicorn.error").warning("a%sb", end)
    finally:
        root.handlers, root.level = kept
        structlog.reset_defaults()
    written = out.getvalue()
    assert not set(written) & UNSEEN
    lines = [json.loads(line) for line in written.split("\n")[:-1]]
    assert [each["said"] for each in lines if "said" in each] == [f"c{end}d" for end in ENDS]
