"""The load generator counts right: what a relay drops, doubles, alters or mixes up is noticed."""

import math
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from websockets.sync.server import ServerConnection, serve

from bench import chores, day, erasure, inbox
from bench import load as load_module
from bench.accounting import Books, cpu_seconds, pss_bytes
from bench.ledger import Ledger, Record, percentile
from bench.load import Load, Pair, Run
from bench.measure import Trip, closed_loop, idle
from bench.relay import WELCOME
from bench.table import trips
from bench.targets import BARE, STARLETTE, Target
from bench.texts import client_id, sentence
from bench.wire import WireError, connect, framed, hang_up, unframed

Treatment = Callable[[str, int], list[str]]
"""What a relay makes of the ``n``th frame for the agent."""


def faithful(text: str, _turn: int) -> list[str]:
    return [text]


@contextmanager
def relay(to_agent: Treatment, to_visitor: Treatment = faithful) -> Iterator[Pair]:
    """Run a relay for one pair (``/visitor``, ``/agent``) that may be unfaithful."""
    members: dict[str, ServerConnection] = {}

    def room(socket: ServerConnection) -> None:
        assert socket.request is not None
        members[socket.request.path] = socket
        socket.send(WELCOME)
        for turn, text in enumerate(socket):
            assert isinstance(text, str)
            for path, treat in (("/agent", to_agent), ("/visitor", to_visitor)):
                for passed_on in treat(text, turn):
                    members[path].send(passed_on)

    with serve(room, "127.0.0.1", 0, compression=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        port = server.socket.getsockname()[1]
        pair = Pair(connect(port, "/visitor"), connect(port, "/agent"), ack="message")
        for wire in (pair.visitor, pair.agent):
            wire.until(lambda payload: b"welcome" in payload)
        try:
            yield pair
        finally:
            hang_up([pair.visitor, pair.agent])
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_module, "PATIENCE", 2.0)  # what a relay loses is waited for as long
    monkeypatch.setattr("bench.measure.WARM_UP", 0.1)
    monkeypatch.setattr("bench.measure.SETTLE", 0.1)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server loses nothing: what is not there yet is late, as on a machine that others load, and no fault."""
    monkeypatch.setattr(load_module, "PATIENCE", 60.0)


def ten(pair: Pair) -> Run:
    """Send ten messages at a fixed rate."""
    return Load([pair]).fixed_rate(seconds=0.1, rate=100)


def test_a_faithful_relay_has_no_faults() -> None:
    with relay(faithful) as pair:
        run = ten(pair)
    assert run.faults.total() == 0
    assert len(run.deliveries.seconds) == len(run.acks.seconds) == run.sent == 10


def test_a_closed_loop_goes_on_as_long_as_it_should() -> None:
    with relay(faithful) as pair:
        run = Load([pair]).closed_loop(seconds=0.2)
    assert run.faults.total() == 0
    assert len(run.deliveries.seconds) == run.sent > 1
    assert run.seconds >= 0.19  # the clock of the loop is coarser than that of the run


@pytest.mark.parametrize(
    ("treatment", "fault"),
    [
        (lambda text, turn: [text] if turn != 3 else [], "lost"),
        (lambda text, turn: [text] * (2 if turn == 3 else 1), "doubled"),
        (lambda text, turn: [text] * (2 if turn == 9 else 1), "doubled"),
        (
            lambda text, turn: [text, '{"type":"message","id":"x"}'] if turn == 3 else [text],
            "unknown",
        ),
        (lambda text, turn: [text + '{"type"'] if turn == 3 else [text], None),
    ],
    ids=["drops one", "doubles one", "doubles the last", "invents one", "garbles one"],
)
def test_an_unfaithful_relay_is_noticed(treatment: Treatment, fault: str | None) -> None:
    with relay(treatment) as pair:
        if fault is None:
            with pytest.raises(ValueError, match="JSON"):
                ten(pair)
            return
        run = ten(pair)
    assert run.faults[f"delivery {fault}"] == 1


def test_an_altered_text_is_noticed() -> None:
    with relay(lambda text, turn: [text.replace('"text":"', '"text":" ') if turn else text]) as pair:
        assert ten(pair).faults["delivery altered"] == 9


def test_texts_that_change_places_are_noticed() -> None:
    waiting: list[str] = []

    def late(text: str, turn: int) -> list[str]:
        if turn == 3:
            waiting.append(text)
            return []
        return [text, waiting.pop()] if waiting else [text]

    with relay(late) as pair:
        assert ten(pair).faults == {"delivery out of order": 1}


def test_a_lost_ack_is_noticed() -> None:
    with relay(faithful, lambda text, turn: [text] if turn else []) as pair:
        run = ten(pair)
    assert run.faults["ack lost"] == 1
    assert len(run.deliveries.seconds) == 10


def test_a_refusal_and_a_held_message_are_faults() -> None:
    def refuse(text: str, turn: int) -> list[str]:
        return ['{"type":"error","code":"rate_limited"}'] if turn == 3 else [text]

    def hold(text: str, turn: int) -> list[str]:
        return [text.replace("}", ',"held":true}')] if turn == 3 else [text]

    with relay(faithful, refuse) as pair:
        assert ten(pair).faults["ack refused: rate_limited"] == 1
    with relay(faithful, hold) as pair:
        assert ten(pair).faults["held"] == 1


def test_a_connection_that_ends_is_noticed() -> None:
    with relay(lambda text, turn: [text] if turn < 3 else [1 / 0]) as pair:  # type: ignore[list-item] # no value
        run = ten(pair)
    assert run.faults["ack closed: 1011"] == 1


def test_frames_come_out_as_they_went_in() -> None:
    sizes = (0, 1, 125, 126, 65535)
    sent = b"".join(_from_server(b"x" * size) for size in (*sizes, 70_000))
    assert [len(payload) for _, payload, _ in unframed(sent)] == [*sizes, 70_000]
    *_, (_, _, end) = unframed(sent[:-1])
    assert sent[end:] == _from_server(b"x" * 70_000)
    assert framed(b"hello")[-5:] == b"hello"


def _from_server(payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes([0x81, size]) + payload
    if size < 65536:
        return bytes([0x81, 126]) + size.to_bytes(2, "big") + payload
    return bytes([0x81, 127]) + size.to_bytes(8, "big") + payload


def test_a_door_that_is_not_there_is_said_so() -> None:
    with STARLETTE.running() as guests, pytest.raises(WireError, match=r"HTTP/1\.1 403"):
        connect(guests.server.port, "/no/such/path")


def test_percentiles_are_in_milliseconds() -> None:
    seconds = [number / 1000 for number in range(100, 0, -1)]
    assert percentile(seconds, 0.5) == 51
    assert percentile(seconds, 0.99) == 100
    assert math.isnan(percentile([], 0.5))


def test_what_is_due_is_counted_until_it_arrives() -> None:
    ledger = Ledger(Record(), "delivery")
    ledger.owe("a", "text", 0.0)
    assert len(ledger) == 1
    ledger.arrived("a", "text", 1.0)
    assert len(ledger) == 0


def test_the_books_show_who_was_busy() -> None:
    books = Books(os.getpid())
    while (share := books.share()).generator < 0.05:
        pass
    assert share.server >= 0.03
    assert cpu_seconds(os.getpid()) > 0
    assert pss_bytes(os.getpid()) > 1_000_000


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("target", [BARE, STARLETTE], ids=lambda target: target.name)
def test_a_yardstick_can_be_measured(target: Target) -> None:
    trip = closed_loop(target, pairs=2, seconds=0.2)
    assert trip.faults == {}
    assert trip.messages > 1
    assert trip.cpu_ms > 0


def test_idle_connections_weigh_something() -> None:
    assert idle(BARE, 50).kb_each > 1


@pytest.mark.usefixtures("patient")
def test_an_erasure_is_timed_until_its_key_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ERASED": 2, "PAIRS": 4, "WARM_UP": 0.1, "BEFORE": 0.5, "SLICE": 0.2}.items():
        monkeypatch.setattr(erasure, name, value)
    figures = erasure.measure(messages=1000, large=500)
    assert 0 < figures.unreadable_median <= figures.unreadable_most
    assert figures.unreadable_median < figures.certified_median
    assert 0 < figures.large_unreadable < figures.large_certified
    assert figures.others.faults == 0


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("work", chores.CHORES)
def test_a_chore_is_timed_from_beginning_to_end(work: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PAIRS": 4, "WARM_UP": 0.1, "BEFORE": 0.5, "SLICE": 0.2}.items():
        monkeypatch.setattr(chores, name, value)
    figures = chores.measure(work, messages=400)
    assert figures.seconds > 0
    tenth = 0.1  # of a millisecond: the longest is rounded to it
    assert figures.longest + tenth >= figures.others.meanwhile_p99 >= figures.others.meanwhile_p50 > 0
    assert figures.others.faults == 0


@pytest.mark.usefixtures("patient")
def test_an_inbox_is_measured_on_an_account_that_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = {"ASKED": 1, "REPEATS": 1, "PAIRS": 4, "WARM_UP": 0.1, "QUIET": 0.5, "SLICE": 0.2}
    for name, value in (small | {"WATCHERS": 3, "WATCHED": 1.0}).items():
        monkeypatch.setattr(inbox, name, value)
    figures: dict[str, Any] = {}
    for part in inbox.PARTS:  # made for the first, and there for the others
        for made in inbox.measure(tmp_path, "sqlite", 200, 3, [part]):
            figures |= made
    assert figures["messages"] > 1000
    assert len(figures["views"]) == len({*figures["views"]}) > 20
    assert figures["search"]["messages searched"] >= 1000
    assert figures["others"]["faults"] == 0
    assert figures["watching"]["ratio"] > 0


def test_a_day_is_drawn_again_by_its_seed() -> None:
    drawn = day.drawn(Random(3))
    assert drawn == day.drawn(Random(3)) == sorted(drawn)
    assert drawn != day.drawn(Random(4))
    assert {whose for _, what, whose in drawn if what == "says"} == {*range(day.VISITORS)}
    assert {whose for _, what, whose in drawn if what == "works"} == {*range(1, day.AGENTS)}


def test_the_table_has_ratios_and_faults() -> None:
    def trip(cpu: float, generator: float, faults: dict[str, int]) -> Trip:
        return Trip(10, 5.0, 1, 2, 3, 4, cpu, 0.5, generator, 0.1, 1, 0, faults)

    text = trips({"bare": [trip(0.1, 0.9, {})], "other": [trip(0.2, 0.1, {"delivery lost": 3})]}, "bare")
    assert "| at least 5 |" in text
    assert "| 0.2000 (0.2000..0.2000) | 2.00 (2.00..2.00) | +0.00 |" in text
    assert "| 3 delivery lost |" in text


def test_client_ids_are_uuids_of_version_7_and_differ() -> None:
    first, second = client_id(1, 1_700_000_000_000), client_id(2, 1_700_000_000_000)
    assert first != second
    assert first[14] == "7"
    assert len(first) == 36
    assert sentence(1) != sentence(9)
