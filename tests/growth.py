"""Measures how what a text costs grows with its length, in CPU time of this thread alone."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

SHORT: Final = (8, 12, 16, 20)
"""Lengths at which only what grows without measure costs anything."""
CHEAP: Final = 0.002
"""Seconds: what costs less is too quick to measure, and at the greatest length too cheap to be a square."""
MOST: Final = 2.6
"""Times the CPU that a text of twice the length may cost."""
TRIES: Final = 8

Work = Callable[[str], object]


@dataclass(frozen=True)
class Grown:
    """Where a text's cost grew too much: its length, and the seconds at half that and at it."""

    length: int
    half: float
    whole: float


def cpu(work: Work, text: str) -> float:
    """Return the CPU seconds that `work` takes on a text."""
    began = time.thread_time()
    work(text)
    return time.thread_time() - began


def grows(work: Work, text_of: Callable[[int], str], most: int = 4096, cheap: float = CHEAP) -> Grown | None:
    """
    Return where twice the length costs more than `MOST` times the CPU, None if nowhere up to `most` characters.

    `cheap` are the seconds below which nothing is measured: more than what the shortest text costs.

    It has to do so twice in a row: a square does, a step to another way of reading, or a moment's other load, does not.
    """
    for length in SHORT:
        if _least(work, text_of(length), cheap) > cheap:
            return Grown(length, 0.0, cheap)
    length = 2 * SHORT[-1]
    while length < most:
        length = min(2 * length, most)
        suspect = cpu(work, text_of(length)) > cheap and _compared(work, text_of, length, cheap)
        if suspect and (found := _compared(work, text_of, 2 * length, cheap)):
            return found
    return None


def _compared(work: Work, text_of: Callable[[int], str], length: int, cheap: float) -> Grown | None:
    """Look again until the ratio is good or it was looked at often enough: other work can only make it worse."""
    half, whole = text_of(length // 2), text_of(length)
    less = more = float("inf")
    for _ in range(TRIES):
        less, more = min(less, cpu(work, half)), min(more, cpu(work, whole))
        if more <= max(cheap, MOST * less):
            return None
    return Grown(length, less, more)


def _least(work: Work, text: str, cheap: float) -> float:
    least = float("inf")
    for _ in range(TRIES):
        least = min(least, cpu(work, text))
        if least <= cheap:
            break
    return least
