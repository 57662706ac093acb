"""Scores texts that are made to be dear, and says what the dearest cost."""

import time
from collections.abc import Generator
from dataclasses import dataclass
from random import Random
from typing import Final

from bench.hostile.texts import hostile, varied
from spam import Filter, Taught

LENGTH: Final = 10_000
"""Characters of the longest message."""
SHARE: Final = 0.05
"""Seconds of CPU that one text may cost."""
TRIES: Final = 5


@dataclass(slots=True)
class Dearest:
    """What texts cost, in CPU seconds: all of them, the dearest, which text that was, and how many cost too much."""

    texts: int = 0
    total: float = 0.0
    seconds: float = 0.0
    text: str = ""
    over: int = 0
    noisy: int = 0
    """Texts that cost too much once, and not when they were scored again: a collector's pause, or others' work."""


def taught() -> Taught:
    """Return a filter that has learnt on top of the shipped one: it does more for each word."""
    known = Taught(Filter.shipped(), b"bench")
    for number in range(200):
        known.learn(number, number, f"win {number} now" if number % 2 else f"where is {number}", spam=bool(number % 2))
    known.settle()
    return known


def scored(known: Filter, chance: Random, count: int) -> Generator[Dearest, None, None]:
    """Score so many texts, each as if it were the first that the filter meets; yield what was found after each."""
    found = Dearest()
    for number in range(count):
        text = hostile(chance).of(LENGTH) if number % 4 else varied(chance, LENGTH)
        first = _cpu(known, text)
        # A text is the dearest, or costs too much, only if it does so every time.
        spent = _least(known, text, first, min(SHARE, found.seconds))
        found.texts += 1
        found.total += spent
        found.over += spent > SHARE
        found.noisy += spent <= SHARE < first
        if spent > found.seconds:
            found.seconds, found.text = spent, text
        yield found


def _least(known: Filter, text: str, least: float, enough: float) -> float:
    """Return the least CPU seconds of some tries at a text; no more are made once it costs no more than `enough`."""
    for _ in range(TRIES - 1):
        if least <= enough:
            break
        least = min(least, _cpu(known, text))
    return least


def _cpu(known: Filter, text: str) -> float:
    known.forget()
    began = time.thread_time()
    known.score_many([text])
    return time.thread_time() - began
