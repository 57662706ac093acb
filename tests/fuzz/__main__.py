"""`./run fuzz`: requests and frames by chance against a server of each form; exits 1 where anything is wrong."""

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack

from tests.chance import SEED
from tests.fuzz.run import fuzz
from tests.lethe import Lethe
from tests.services import PostgreSQL, Valkey


def forms(which: str, stack: ExitStack) -> Iterator[tuple[str, Lethe]]:
    """The servers to fuzz, each started when it is its turn."""
    if which != "scaled":
        yield "embedded", stack.enter_context(Lethe("tests.fuzz.server", API_RATE="0"))
    if which != "embedded":
        urls = {
            "DATABASE_URL": stack.enter_context(PostgreSQL()).clone(),
            "REDIS_URL": stack.enter_context(Valkey()).url,
        }
        yield "scaled", stack.enter_context(Lethe("tests.fuzz.server", API_RATE="0", **urls))


def tell(said: str) -> None:
    """Say it at once, however the output is read."""
    print(said, flush=True)


def main() -> int:
    """Fuzz and report; the numbers are for each form."""
    parser = argparse.ArgumentParser(prog="./run fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--minutes", type=float, default=24 * 60, help="for each form, then it says what it found")
    parser.add_argument("--form", choices=("embedded", "scaled", "both"), default="both")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was found until then is said
    print(f"seed {asked.seed}", flush=True)
    wrong = 0
    with ExitStack() as stack:
        for name, lethe in forms(asked.form, stack):
            report = fuzz(lethe, asked.seed, asked.requests, asked.frames, tell, 60 * asked.minutes)
            print(f"{name}: {report}", flush=True)
            wrong += len(report.wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
