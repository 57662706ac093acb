"""
What one contact's dear texts cost another: 20 of each kind in one go, and how long the other's acks take meanwhile.

With ``--texts`` no server is started: so many texts are scored, and the dearest has to cost less than 50 ms of CPU.
"""

import argparse
import itertools
import statistics
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

from bench.accounting import cpu_seconds
from bench.hostile import scoring
from bench.hostile.texts import hostile, varied
from bench.lethe import PAIRS_EACH, Lethe
from bench.texts import Said, client_id, read, sentence, written
from bench.wire import Wire, hang_up

BURST: Final = 20
"""Messages in one go: a contact's allowance."""
WARM_UP, BEFORE, KINDS = 50, 400, 12
MOST: Final = 2.0
"""Times as long as before that an ack may take."""
WORDS: Final = [
    "α" * 9_990 + " x",
    "ё" * 9_990 + " x",
    "中" * 9_990 + " x",
    "אב" * 4_995 + " x",
    "cl!ck" + "!" * 9_900 + "#",
]

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Figures:
    """Acks of the one who is not to notice, in ms, before and meanwhile; the server's CPU for a dear text, in ms."""

    acks: int
    median_before: float
    median_meanwhile: float
    p95_before: float
    p95_meanwhile: float
    longest_before: float
    longest_meanwhile: float
    ratio: float
    cpu_each: float


def measure(seed: int, kinds: int) -> Figures:
    """Serve two accounts; one contact of the first sends what is dear, one of the second goes on talking."""
    chance = Random(seed)
    texts = [*WORDS, *(hostile(chance).of(9_000) if n % 2 else varied(chance, 9_000) for n in range(kinds))]
    with TemporaryDirectory(prefix="bench-") as folder, Lethe(Path(folder), 2).running() as guests:
        pairs = guests.pairs(PAIRS_EACH + 1)
        quiet, loud = pairs[-1].visitor, pairs[0].visitor
        for _ in range(WARM_UP):
            _ack(quiet)
        before = [_ack(quiet) for _ in range(BEFORE)]
        began = cpu_seconds(guests.server.pid)
        meanwhile = [took for text in texts for took in _meanwhile(quiet, loud, text)]
        spent = cpu_seconds(guests.server.pid) - began
        hang_up([wire for pair in pairs for wire in (pair.visitor, pair.agent)])
    return _figures(before, meanwhile, spent / (BURST * len(texts)))


def _figures(before: list[float], meanwhile: list[float], spent: float) -> Figures:
    cuts = [statistics.quantiles(each, n=20) for each in (before, meanwhile)]
    medians = [statistics.median(each) for each in (before, meanwhile)]
    shown = (medians[0], medians[1], cuts[0][-1], cuts[1][-1], max(before), max(meanwhile))
    a, b, c, d, e, f = (round(1000 * each, 2) for each in shown)
    return Figures(len(meanwhile), a, b, c, d, e, f, round(medians[1] / medians[0], 2), round(1000 * spent, 2))


def _meanwhile(quiet: Wire, loud: Wire, text: str) -> Iterator[float]:
    """Send a text so many times in one go; yield how long the other's acks take until all are acked."""
    for _ in range(BURST):
        loud.push(written(_said(text)))
    acked = 0
    while acked < BURST:
        yield _ack(quiet)
        heard = [read(payload) for payload in loud.receive()]
        if refused := [each.code for each in heard if each.type == "error"]:
            raise RuntimeError(f"refused: {refused[0]}")
        acked += sum(each.type == "ack" for each in heard)


def _ack(wire: Wire) -> float:
    """Say something ordinary; return the seconds until it is acked."""
    said = _said(sentence(next(_numbers)))
    began = time.perf_counter()
    wire.send(written(said))
    wire.until(lambda payload: b'"ack"' in payload and said.id.encode() in payload)
    return time.perf_counter() - began


def _said(text: str) -> Said:
    return Said(client_id(next(_numbers), time.time_ns() // 1_000_000), text.replace("\ud800", "\ufffd"))


def main(arguments: list[str]) -> int:
    """Measure and print; 1 where the other's acks took too long, or a text cost more than its share."""
    parser = argparse.ArgumentParser(prog="bench hostile", description=(__doc__ or "").strip())
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32, help="of the texts; it is printed")
    parser.add_argument("--kinds", type=int, default=KINDS, help=f"kinds of texts at random beside the known ({KINDS})")
    parser.add_argument("--texts", type=int, default=0, help="score so many texts, without a server")
    given = parser.parse_args(arguments)
    print(f"seed: {given.seed}")
    if given.texts:
        found = scoring.dearest(scoring.taught(), Random(given.seed), given.texts)
        print(f"texts: {found.texts}\nmean: {1000 * found.mean:.2f} ms\ndearest: {1000 * found.seconds:.2f} ms")
        print(f"over {1000 * scoring.SHARE:.0f} ms: {found.over}\nit begins: {found.text[:60]!a}")
        return int(found.over > 0)
    made = measure(given.seed, given.kinds)
    print("\n".join(f"{name}: {value}" for name, value in asdict(made).items()))
    return int(made.ratio > MOST)
