"""Scores texts that are made to be dear, and says what the dearest cost."""

import time
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


@dataclass(frozen=True)
class Dearest:
    """What texts cost at most, in CPU seconds, the text that did, and how many cost more than their share."""

    texts: int
    seconds: float
    mean: float
    text: str
    over: int


def taught() -> Taught:
    """Return a filter that has learnt on top of the shipped one: it does more for each word."""
    known = Taught(Filter.shipped(), b"bench")
    for number in range(200):
        known.learn(number, number, f"win {number} now" if number % 2 else f"where is {number}", spam=bool(number % 2))
    known.settle()
    return known


def dearest(known: Filter, chance: Random, count: int) -> Dearest:
    """Score so many texts, each as if it were the first that the filter meets."""
    most, total, over, found = 0.0, 0.0, 0, ""
    for number in range(count):
        text = hostile(chance).of(LENGTH) if number % 4 else varied(chance, LENGTH)
        spent = _least(known, text)
        total += spent
        over += spent > SHARE
        if spent > most:
            most, found = spent, text
    return Dearest(count, most, total / count, found, over)


def _least(known: Filter, text: str) -> float:
    """Return the CPU seconds for a text; where they are too many, the least of some tries, for others work here too."""
    least = float("inf")
    for _ in range(TRIES):
        known.forget()
        began = time.thread_time()
        known.score_many([text])
        least = min(least, time.thread_time() - began)
        if least <= SHARE:
            break
    return least
