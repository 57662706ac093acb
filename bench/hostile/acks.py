"""What one contact's dear texts cost another: 20 of a kind in one go, and how long the other's acks take meanwhile."""

import itertools
import statistics
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

from bench.accounting import cpu_seconds
from bench.hostile.texts import hostile, varied
from bench.lethe import PAIRS_EACH, Lethe
from bench.texts import Said, client_id, read, sentence, written
from bench.wire import Wire, hang_up

BURST: Final = 20
"""Messages in one go: a contact's allowance."""
WARM_UP, KINDS = 50, 12
PATIENCE: Final = 60.0
"""Seconds that a burst may take until all of it is acked."""
WORDS: Final = [
    "α" * 9_990 + " x",
    "ё" * 9_990 + " x",
    "中" * 9_990 + " x",
    "אב" * 4_995 + " x",
    "cl!ck" + "!" * 9_900 + "#",
]

_numbers = itertools.count(1)


@dataclass(slots=True)
class Window:
    """Acks of the one who is not to notice, in seconds; how long the window lasted, and the server's CPU in it."""

    acks: list[float] = field(default_factory=list)
    seconds: float = 0.0
    cpu: float = 0.0

    def line(self) -> str:
        """Return it in words, times in milliseconds."""
        if not self.acks:
            return "nothing yet"
        cuts = statistics.quantiles([*self.acks, *self.acks], n=100, method="inclusive")  # of one ack too
        shown = {"median": cuts[49], "p95": cuts[94], "p99": cuts[98], "longest": max(self.acks)}
        times = ", ".join(f"{name} {1000 * took:.2f} ms" for name, took in shown.items())
        return f"{len(self.acks)} acks in {self.seconds:.1f} s: {times}"


@dataclass(slots=True)
class Scene:
    """What was measured so far: kinds of texts that were sent, and two windows of the same length."""

    kinds: int = 0
    alone: Window = field(default_factory=Window)
    meanwhile: Window = field(default_factory=Window)

    @property
    def ratio(self) -> float:
        """How many times as long the median ack takes meanwhile."""
        return statistics.median(self.meanwhile.acks) / statistics.median(self.alone.acks) if self.kinds else 0.0

    @property
    def cpu_each(self) -> float:
        """The server's CPU seconds for a dear text, with what the other's messages cost in that time."""
        return self.meanwhile.cpu / (BURST * self.kinds) if self.kinds else 0.0


def scenes(seed: int, kinds: int) -> Generator[Scene, None, None]:
    """
    Serve two accounts; one contact of the first sends what is dear, one of the second goes on talking. Yield after each
    kind what was found so far: behind each burst the second talks for as long again with nobody beside.
    """
    chance = Random(seed)
    texts = [*WORDS, *(hostile(chance).of(9_000) if n % 2 else varied(chance, 9_000) for n in range(kinds))]
    with TemporaryDirectory(prefix="bench-") as folder, Lethe(Path(folder), 2).running() as guests:
        pairs = guests.pairs(PAIRS_EACH + 1)
        quiet, loud = pairs[-1].visitor, pairs[0].visitor
        for _ in range(WARM_UP):
            _ack(quiet)
        scene = Scene()
        for text in texts:
            burst = _took(scene.meanwhile, guests.server.pid, _meanwhile(quiet, loud, text))
            _took(scene.alone, guests.server.pid, _alone(quiet, burst))
            scene.kinds += 1
            yield scene
        hang_up([wire for pair in pairs for wire in (pair.visitor, pair.agent)])


def _took(window: Window, pid: int, acks: Iterator[float]) -> float:
    """Add acks to a window as they come; return the seconds until there are no more."""
    began, spent = time.perf_counter(), cpu_seconds(pid)
    window.acks += acks
    took = time.perf_counter() - began
    window.seconds += took
    window.cpu += cpu_seconds(pid) - spent
    return took


def _alone(quiet: Wire, seconds: float) -> Iterator[float]:
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends:
        yield _ack(quiet)


def _meanwhile(quiet: Wire, loud: Wire, text: str) -> Iterator[float]:
    """
    Send a text so many times in one go; yield how long the other's acks take until all are acked. Raises RuntimeError
    where one is refused, TimeoutError where they are not acked in time.
    """
    ends = time.perf_counter() + PATIENCE
    for _ in range(BURST):
        loud.push(written(_said(text)))
    acked = 0
    while acked < BURST:
        if time.perf_counter() > ends:
            raise TimeoutError(f"{acked} of {BURST} texts were acked in {PATIENCE:.0f} s")
        yield _ack(quiet)
        heard = [read(payload) for payload in loud.receive()]
        if refused := [each.code for each in heard if each.type == "error"]:
            raise RuntimeError(f"refused: {refused[0]}")
        acked += sum(each.type == "ack" for each in heard)


def _ack(wire: Wire) -> float:
    """Say something ordinary; return the seconds until it is acked. Raises WireError where it is not, in 20 seconds."""
    said = _said(sentence(next(_numbers)))
    began = time.perf_counter()
    wire.send(written(said))
    wire.until(lambda payload: b'"ack"' in payload and said.id.encode() in payload)
    return time.perf_counter() - began


def _said(text: str) -> Said:
    return Said(client_id(next(_numbers), time.time_ns() // 1_000_000), text.replace("\ud800", "\ufffd"))
