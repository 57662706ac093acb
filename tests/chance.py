"""
Chance that can be repeated. One number decides all of a run's chance: `TEST_SEED=7 ./run test` repeats the run that
said "seed 7".
"""

import os
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

SEED = int(os.environ.setdefault("TEST_SEED", str(random.SystemRandom().randrange(2**32))))
"""Of this run; those whom it starts find it in their environment."""

WHOLE = "TEST_WHOLE" in os.environ
"""Whether the long tests try all there is, as `./run test --whole` does, and not a sample that is another each time."""


def dice(name: str) -> random.Random:
    """Chance for one test, the same whichever others run; prints how to have it again."""
    print(f"TEST_SEED={SEED} repeats the chance of {name}")
    return random.Random(f"{SEED} {name}")


def some(every: Sequence[T], one_in: int, name: str) -> Sequence[T]:
    """One in so many of them, evenly, from a first one by chance; all of them where the long tests try all there is."""
    return every if WHOLE else every[dice(name).randrange(one_in) :: one_in]


def one_of(every: Sequence[T], name: str) -> T:
    """One of them, for the same name the same one throughout a run."""
    return random.Random(f"{SEED} {name}").choice(every)
