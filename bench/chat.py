"""Measures the visitor-agent path of Lethe beside relays that store nothing; prints a table."""

import argparse
import os
import platform
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Generic, TypeVar

import msgspec

from bench import measure, table
from bench.lethe import PAIRS_EACH, Lethe
from bench.measure import Trip, Weight
from bench.targets import BARE, STARLETTE, Target

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    repeats: int
    seconds: float
    rate_pairs: int
    connections: int
    idle_repeats: int


FULL = Size(repeats=3, seconds=4.0, rate_pairs=500, connections=2000, idle_repeats=2)
QUICK = Size(repeats=2, seconds=1.5, rate_pairs=100, connections=300, idle_repeats=1)
PAIRS = 64
FEW = 4
RATE = 200.0
NAMES = ("bare", "starlette", "lethe")


@dataclass(frozen=True, slots=True)
class Scene(Generic[T]):
    """One thing to measure of every target, and the table it makes."""

    title: str
    repeats: int
    once: Callable[[Target], T]
    table: Callable[[Mapping[str, Sequence[T]], str], str]

    def play(self, targets: Sequence[Target]) -> dict[str, list[T]]:
        """Measure ``targets``, print the table, return every repeat."""
        _say(f"{self.title}, {self.repeats} x\n")
        results = interleaved(targets, self.repeats, self.once)
        _say(self.table(results, BARE.name) + "\n")
        return results


def scenes(size: Size) -> dict[str, Scene[Trip] | Scene[Weight]]:
    """Return what there is to measure, by name."""
    pairs, seconds, connections = size.rate_pairs, size.seconds, size.connections
    return {
        "closed": Scene(
            f"Closed loop: {PAIRS} pairs for {seconds:g} s",
            size.repeats,
            lambda target: measure.closed_loop(target, PAIRS, seconds),
            table.trips,
        ),
        "few": Scene(
            f"Closed loop: {FEW} pairs for {seconds:g} s",
            size.repeats,
            lambda target: measure.closed_loop(target, FEW, seconds),
            table.trips,
        ),
        "rate": Scene(
            f"Fixed rate: {RATE:g} messages a second over {pairs} pairs for {2 * seconds:g} s",
            size.repeats,
            lambda target: measure.fixed_rate(target, pairs, 2 * seconds, RATE),
            table.trips,
        ),
        "idle": Scene(
            f"{connections} idle connections: growth of PSS, the kernel's memory not in it",
            size.idle_repeats,
            lambda target: measure.idle(target, connections),
            table.weights,
        ),
    }


def interleaved(targets: Sequence[Target], repeats: int, once: Callable[[Target], T]) -> dict[str, list[T]]:
    """Measure every target ``once`` a round, each round beginning with the next target."""
    results: dict[str, list[T]] = {target.name: [] for target in targets}
    for turn in range(repeats):
        shift = turn % len(targets)
        for target in (*targets[shift:], *targets[:shift]):
            results[target.name].append(once(target))
            print(f"  {turn + 1}/{repeats} {target.name}", file=sys.stderr, flush=True)
    return results


def machine() -> dict[str, str]:
    """Return what the figures depend on; never a name of the machine."""
    packages = {name: version(name) for name in ("websockets", "uvicorn", "starlette", "msgspec")}
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "processors": str(os.cpu_count()),
        "architecture": platform.machine(),
        "kernel": platform.release().split("-")[0],
        "data on": _filesystem(Path(gettempdir())),
        "python": platform.python_version(),
        **packages,
    }


def _filesystem(folder: Path) -> str:
    """Return the kind of file system: one in memory makes a commit free, and worthless."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    inside = [(len(at), kind) for at, kind in mounts if folder.resolve().is_relative_to(at)]
    return max(inside)[1]


def _targets(names: Sequence[str], folder: Path, size: Size) -> list[Target]:
    about = {"bare": BARE, "starlette": STARLETTE}
    if "lethe" in names:
        accounts = -(-max(PAIRS, size.rate_pairs) // PAIRS_EACH)
        about["lethe"] = Target("Lethe", Lethe(folder, accounts).running)
    return [about[name] for name in names]


def _say(text: str) -> None:
    print(text, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer, shorter, smaller")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every repeat there")
    for name, choices in (("scene", scenes(QUICK)), ("target", NAMES)):
        parser.add_argument(f"--{name}", choices=choices, action="append", help="only this one")
    return parser.parse_args()


def main() -> int:
    """Run the command; 1 where a message was lost, doubled, altered, refused or held."""
    given = _arguments()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    _say(", ".join(f"{name} {value}" for name, value in machine().items()) + "\n")
    size = QUICK if given.quick else FULL
    known = scenes(size)
    with TemporaryDirectory(prefix="bench-") as folder:
        targets = _targets(given.target or NAMES, Path(folder), size)
        done = {name: known[name].play(targets) for name in given.scene or known}
    if given.json:
        given.json.write_bytes(msgspec.json.encode({"machine": machine(), **done}) + b"\n")
    every = [one for of in done.values() for repeats in of.values() for one in repeats]
    return int(any(isinstance(one, Trip) and one.faults for one in every))


if __name__ == "__main__":
    sys.exit(main())
