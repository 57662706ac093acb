"""What strangers can ask again and again: a bounded log, one look at readiness a second, no way in by a query."""

import asyncio
import contextlib
import inspect
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from chat.core import frames
from chat.core.errors import InvalidFrame, RateLimited
from chat.core.frames import VisitorFrame
from chat.infra import logs
from chat.web import ready
from chat.web.sockets import connection
from chat.web.sockets.connection import BAD_FRAMES, FLOOD, Connection
from tests.chance import dice
from tests.fuzz.raw import heard, status
from tests.inside import Served, problem_of
from tests.lethe import Account, Lethe
from tests.sockets import Socket

ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
LINES = 5000


@pytest.fixture(scope="module")
def lethe(embedded: Lethe) -> Lethe:
    """One process on SQLite."""
    return embedded


class Kept(logging.Handler):
    """Every line that is written."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.lines.append(str(record.msg))


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, Kept]]:
    """A log of its own, and what it wrote."""
    made, kept = logging.getLogger("flooded"), Kept()
    made.addHandler(kept)
    made.propagate = False
    yield made, kept
    made.removeHandler(kept)
    made.filters.clear()


def test_the_same_line_is_written_once_in_a_while_with_how_many_there_were(
    log: tuple[logging.Logger, Kept], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("chat.infra.logs.time.monotonic", lambda: now[0])
    made, kept = log
    made.addFilter(logs.Seldom())
    for number in range(LINES):
        made.warning("line %s", number)
    assert kept.lines == ["line %s"]
    made.warning("another")
    made.error("line %s", 1)  # of another level
    assert len(kept.lines) == 3
    now[0] += logs.EACH
    made.warning("line %s", 7)
    assert kept.lines[3:] == [f"line %s (and {LINES - 1} like it before)"]


def test_without_the_filter_a_flood_writes_every_line(log: tuple[logging.Logger, Kept]) -> None:
    for number in range(LINES):
        log[0].warning("line %s", number)
    assert len(log[1].lines) == LINES


def test_who_says_always_something_new_fills_no_memory(log: tuple[logging.Logger, Kept]) -> None:
    seldom = logs.Seldom()
    log[0].addFilter(seldom)
    for number in range(LINES):
        log[0].warning(f"line {number}")
    assert len(seldom._said) <= logs.SAID + 1


def test_what_is_no_http_writes_a_line_and_not_one_each(account: Account) -> None:
    chance, file = dice("no HTTP"), account.lethe.folder / "log"
    before = file.stat().st_size
    for _ in range(300):
        assert status(heard(account.lethe.port, chance.randbytes(40) + b"\r\n\r\n")) in {0, 400}
    assert file.stat().st_size - before < 3000


@ON_SQLITE
@pytest.mark.anyio
async def test_readiness_is_looked_at_once_however_many_ask(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await looks(app, monkeypatch) <= 2
    monkeypatch.setattr(ready, "FRESH", 0.0)
    assert await looks(app, monkeypatch) >= 50


async def looks(app: Served, monkeypatch: pytest.MonkeyPatch) -> int:
    """Ask fifty times at once; how often the writer was taken for that."""
    taken, write = [0], app.services.store.write

    async def counted(work: Any) -> Any:
        taken[0] += 1
        return await write(work)

    monkeypatch.setattr(app.services.store, "write", counted)
    answers = await asyncio.gather(*(app.call("GET", "/readyz") for _ in range(50)))
    monkeypatch.setattr(app.services.store, "write", write)
    assert {each.status_code for each in answers} == {200}
    return taken[0]


@ON_SQLITE
@pytest.mark.anyio
async def test_a_writer_that_is_held_for_long_is_said_and_not_waited_for(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "PATIENCE", 0.2)

    async def held(_: Any) -> None:
        await asyncio.sleep(1000)

    monkeypatch.setattr(app.services.store, "write", held)
    answer = await asyncio.wait_for(app.call("GET", "/readyz"), 10)
    assert (answer.status_code, answer.json()) == (503, {"stores": False, "fans_out": True})


@ON_SQLITE
@pytest.mark.anyio
async def test_the_numbers_have_one_address_which_a_proxy_can_close(app: Served) -> None:
    for path in ("/metrics/", "//metrics", "/METRICS", "/metrics;x", "/metrics%00", "/metrics%2f", "/x/%2e%2e/metrics"):
        answer = await app.client.get(f"http://chat.test{path}")
        assert (answer.status_code in {307, 404}, "lethe_" in answer.text) == (True, False), path
    assert "lethe_visitors" in (await app.client.get("/metrics")).text  # the control


PARTS = (
    "https://",
    "http://",
    "[",
    "]",
    "[::1",
    "[::1]",
    "//",
    "/p",
    " ",
    "@",
    ":",
    ":99999",
    "x.example",
    "\u2100",
    "\n",
)


@pytest.mark.anyio
async def test_no_address_of_a_privacy_page_is_answered_with_a_500(app: Served) -> None:
    chance = dice("privacy addresses")
    wrong = [
        "https://[",
        "https://[::1",
        "http://[x]/",
        "https://",
        "https:///p",
        "javascript:alert(1)",
        "https://\u2100.example",
    ]
    wrong += ["".join(chance.choices(PARTS, k=chance.randrange(1, 5))) for _ in range(60)]
    for number, url in enumerate(wrong):
        text = {"locale": "en", "text": f"Ours {number}", "privacy_url": url, "chat_label": "Yes", "training_label": ""}
        answer = await app.rest("POST", "/notices", {"texts": [text]})
        assert answer.status_code in {201, 422}, (url, answer.text)
        if number < 7:
            assert problem_of(answer, 422, "invalid_field")["field"].endswith("privacy_url"), url


@ON_SQLITE
@pytest.mark.anyio
@pytest.mark.parametrize("shown", ["é", "Ω" * 32, "\u200b", "😀", "\udcff", "a\0b", ""])
async def test_a_mark_of_our_pages_that_is_not_ascii_is_a_wrong_one(app: Served, shown: str) -> None:
    await app.sign_in()
    raw = shown.encode("utf-8", "surrogateescape")
    headers = {b"origin": b"http://chat.test", b"x-csrf-token": raw.replace(b"\0", b"")}
    answer = await app.client.request("PATCH", "/api/v1/account", json={"name": "Other"}, headers=headers)
    problem_of(answer, 403, "forbidden")
    assert await renamed(app, raw) == (403, "Acme")


@ON_SQLITE
@pytest.mark.anyio
async def test_with_the_mark_of_our_pages_that_form_does_what_it_says(app: Served) -> None:
    await app.sign_in()
    shown = re.search('name="csrf" value="([^"]+)"', (await app.client.get("/admin/site")).text)
    assert shown
    assert await renamed(app, shown[1]) == (303, "Other")


async def renamed(app: Served, csrf: str | bytes) -> tuple[int, str]:
    """Post the form of the site's page with another name and this mark; the answer's status, and the name after it."""
    form = {"csrf": csrf, "name": "Other", "origins": "https://shop.example", "color": "#2f6f5e"}
    form |= {"message_rate": "120", "agreement_rate": "30"}
    answer = await app.client.post("/admin/site", data=form, headers={"origin": "http://chat.test"})
    (site,) = (await app.rest("GET", "/sites")).json()["items"]
    return answer.status_code, site["name"]


@pytest.mark.parametrize("path", ["visitor", "agent", "gone"])
@pytest.mark.parametrize(
    "query", ["token={token}", "access_token={token}", "authorization=Bearer%20{token}", "x", "=&="]
)
def test_no_socket_takes_a_parameter_least_of_all_a_token(account: Account, path: str, query: str) -> None:
    address = f"ws://127.0.0.1:{account.lethe.port}/ws/{path}"
    with Socket(f"{address}?{query.format(token=account.token)}", headers=account.bearer) as socket:
        assert socket.closed() == frames.CLOSE_BAD_FRAMES
        assert socket.heard == []
    with Socket(f"{address}?", headers=account.bearer) as socket:
        assert socket.ask("ping", "pong")


class Deaf(Connection[VisitorFrame]):
    """Refuses whatever it reads, and counts it."""

    def __init__(self, refusal: Exception, events: "asyncio.Queue[dict[str, Any]]") -> None:
        self.sent: list[Any] = []
        self.count, self.refusal = 0, refusal
        super().__init__({"subprotocols": []}, events.get, self._keep_sent, self._refuse)

    async def _keep_sent(self, event: Any) -> None:
        self.sent.append(event)

    def _refuse(self, _: str) -> Any:
        self.count += 1
        raise self.refusal


async def read_of(refusal: Exception, sent: int) -> tuple[int, int]:
    """Send so many frames at once; how many were read, and the code it was closed with."""
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    for event in ({"type": "websocket.connect"}, *[{"type": "websocket.receive", "text": "x"}] * sent):
        events.put_nowait(event)
    events.put_nowait({"type": "websocket.disconnect"})
    line = Deaf(refusal, events)
    line.allowance.rate = 0
    await line.run()
    await asyncio.sleep(0)
    return line.count, next((each["code"] for each in line.sent if each["type"] == "websocket.close"), 0)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("refusal", "most"),
    [(InvalidFrame("x"), BAD_FRAMES), (RateLimited("x", retry_after=1), FLOOD)],
    ids=["4400", "4429"],
)
async def test_a_socket_that_is_to_close_reads_no_further(
    refusal: Exception, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await read_of(refusal, 300))[0] == most
    monkeypatch.setattr(connection, "BAD_FRAMES", 10**9)
    monkeypatch.setattr(connection, "FLOOD", 10**9)
    assert (await read_of(refusal, 300))[0] == 300


@pytest.mark.anyio
async def test_work_whose_socket_ends_before_it_begins_is_closed() -> None:
    async def work() -> None:
        raise AssertionError

    made, line = work(), Deaf(InvalidFrame("x"), asyncio.Queue())
    line.spawn(made)
    for task in line._tasks:
        task.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert inspect.getcoroutinestate(made) == inspect.CORO_CLOSED


def test_good_frames_behind_ten_bad_ones_have_no_effect(account: Account) -> None:
    contact = account.contact("Zoe")
    with contact.socket() as visitor:
        visitor.get("welcome")
        for _ in range(BAD_FRAMES):
            visitor.raw("bad")
        with contextlib.suppress(ConnectionClosed):  # it may be over before the last of them is on its way
            for number in range(20):
                visitor.say(f"number {number}")
        assert visitor.closed() == frames.CLOSE_BAD_FRAMES
    with contact.socket() as visitor:
        assert visitor.get("welcome")["messages"] == []
