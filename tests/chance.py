"""
Chance that can be repeated. One number decides all of a run's chance: `TEST_SEED=7 ./run test` repeats the run that
said "seed 7".
"""

import os
import random

SEED = int(os.environ.setdefault("TEST_SEED", str(random.SystemRandom().randrange(2**32))))
"""Of this run; those whom it starts find it in their environment."""

WHOLE = "TEST_WHOLE" in os.environ
"""Whether the long tests try all there is, as `./run test --whole` does, and not a sample that is another each time."""


def dice(name: str) -> random.Random:
    """Chance for one test, the same whichever others run; prints how to have it again."""
    print(f"TEST_SEED={SEED} repeats the chance of {name}")
    return random.Random(f"{SEED} {name}")
