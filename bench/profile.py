"""Shows where the server's CPU time goes under load, thread by thread."""

import argparse
import pstats
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.chat import PAIRS, RATE
from bench.lethe import PAIRS_EACH, Lethe
from bench.measure import closed_loop, fixed_rate
from bench.targets import Target


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="bench.profile", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="how long to load the server")
    parser.add_argument("--rate", action="store_true", help="at the fixed rate instead")
    parser.add_argument("--lines", type=int, default=40, help="how many functions to show")
    parser.add_argument("--sort", default="tottime", help="tottime, cumtime or ncalls")
    given = parser.parse_args()
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        command = (sys.executable, "-m", "bench.profiled", name, "serve")
        target = Target("Lethe", Lethe(folder, PAIRS // PAIRS_EACH, command).running)
        if given.rate:
            trip = fixed_rate(target, PAIRS, given.seconds, RATE)
        else:
            trip = closed_loop(target, PAIRS, given.seconds)
        print(trip)
        for path in sorted(folder.glob("*.profile")):
            print(f"\n== {path.stem} ==")
            pstats.Stats(str(path)).sort_stats(given.sort).print_stats(given.lines)


if __name__ == "__main__":
    main()
