"""
What one contact's dear texts cost another: 20 of each kind in one go, and how long the other's acks take meanwhile.

With ``--texts`` no server is started: so many texts are scored, and the dearest has to cost less than 50 ms of CPU.
It says every few seconds how far it is; stopped or out of time, it says what it found until then.
"""

import argparse
import signal
import time
from collections.abc import Generator
from contextlib import closing, suppress
from random import Random
from typing import Final, TypeVar

from bench.hostile import acks, scoring
from bench.hostile.acks import KINDS, WORDS, Scene, scenes
from bench.hostile.scoring import Dearest, scored

MOST: Final = 2.0
"""Times as long as alone that an ack may take."""
SECONDS: Final = 3600.0
PAUSE: Final = 5.0
"""Seconds between two words on how far it is."""
Found = TypeVar("Found")


def lasting(found: Generator[Found, None, None], seconds: float, so_far: str) -> Found | None:
    """
    Return the last that is `found` before so many seconds are over, or somebody stops it; None where nothing was.

    Says now and then how far it is: `so_far` is a format of what was found.
    """
    last, began = None, time.monotonic()
    said = began
    with suppress(KeyboardInterrupt), closing(found):
        for last in found:
            now = time.monotonic()
            if now - began >= seconds:
                break
            if now - said >= PAUSE:
                said = now
                print(so_far.format(last), f"{now - began:.0f} s", flush=True)
    return last


def _texts(seed: int, count: int, seconds: float) -> int:
    far = f"{{0.texts}} of {count} texts, dearest {{0.seconds:.4f}} s of CPU, {{0.over}} over;"
    found = lasting(scored(scoring.taught(), Random(seed), count), seconds, far) or Dearest()
    print(f"texts: {found.texts} of {count}\nmean: {1000 * found.total / max(1, found.texts):.2f} ms")
    print(f"dearest: {1000 * found.seconds:.2f} ms\nit begins: {found.text[:60]!a}")
    print(f"over {1000 * scoring.SHARE:.0f} ms every time: {found.over}\nover it once, by other work: {found.noisy}")
    return int(found.over > 0 or found.texts < count)


def _acks(seed: int, kinds: int, seconds: float) -> int:
    found = lasting(scenes(seed, kinds), seconds, "{0.kinds} kinds, {0.ratio:.2f} times as long;") or Scene()
    print(f"kinds: {found.kinds} of {len(WORDS) + kinds}, {acks.BURST} texts each")
    print(f"alone: {found.alone.line()}\nmeanwhile: {found.meanwhile.line()}")
    print(f"ratio of the medians: {found.ratio:.2f}\nCPU for a dear text: {1000 * found.cpu_each:.2f} ms")
    return int(found.ratio > MOST or found.kinds < len(WORDS) + kinds)


def main(arguments: list[str]) -> int:
    """Measure and print; 1 where acks took too long, a text cost more than its share, or not all was measured."""
    parser = argparse.ArgumentParser(prog="bench hostile", description=(__doc__ or "").strip())
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32, help="of the texts; it is printed")
    parser.add_argument("--kinds", type=int, default=KINDS, help=f"kinds of texts at random beside the known ({KINDS})")
    parser.add_argument("--texts", type=int, default=0, help="score so many texts, without a server")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"stop after so many ({SECONDS:.0f})")
    given = parser.parse_args(arguments)
    print(f"seed: {given.seed}", flush=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if given.texts:
        return _texts(given.seed, given.texts, given.seconds)
    return _acks(given.seed, given.kinds, given.seconds)
