"""
What a retention run costs: old messages purged a second, and how long other people's messages take meanwhile.

An account of its own is filled with tickets that are over their days, straight into the database, and ``lethe serve``
started on it. Pairs of other accounts talk at a fixed rate before the run and while it goes on.
"""

import argparse
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.aged import Others, ask, compared, fill, people
from bench.lethe import PAIRS_EACH, Lethe
from bench.load import Load, Run

SAID = 20
"""Messages a ticket."""
PAIRS, RATE = 40, 100.0
WARM_UP, BEFORE, SLICE = 2.0, 20.0, 5.0
PATIENCE = 400.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured."""

    messages: int
    tickets: int
    seconds: float
    rows_per_second: float
    others: Others


def measure(messages: int) -> Figures:
    """Fill, serve, talk, purge; return what came of it. Raises TimeoutError where the run does not end."""
    with TemporaryDirectory(prefix="bench-") as folder:
        lethe = Lethe(Path(folder), PAIRS // PAIRS_EACH + 1)
        aged, tickets = lethe.shops[-1], -(-messages // SAID)
        fill(lethe.fresh / "lethe.db", aged.site_key, people(tickets), SAID)
        with lethe.running() as guests:
            load = Load(guests.pairs(PAIRS))
            load.fixed_rate(WARM_UP, RATE)
            before = load.fixed_rate(BEFORE, RATE)
            run = ask(guests.server.port, aged.api_token, "POST", "/retention/runs", {"dry_run": False})
            meanwhile, seconds = _while_it_runs(load, guests.server.port, aged.api_token, run["id"])
        return Figures(
            messages=messages,
            tickets=tickets,
            seconds=round(seconds, 1),
            rows_per_second=round((messages + tickets) / seconds),
            others=compared(before, meanwhile),
        )


def _while_it_runs(load: Load, port: int, token: str, run_id: str) -> tuple[list[Run], float]:
    """Talk in slices until the run is done; return the slices that were all within it, and how long it took."""
    begun, slices = time.perf_counter(), []
    while time.perf_counter() - begun < PATIENCE:
        slices.append(load.fixed_rate(SLICE, RATE))
        report = ask(port, token, "GET", f"/retention/runs/{run_id}")
        if report["state"] == "done":
            rule = next(each for each in report["rules"] if each["rule"] == "transcripts")
            if rule["left"] or rule["purged"] != rule["found"]:
                raise RuntimeError(f"the run left something: {rule}")
            return slices[:-1] or slices, rule["took_ms"] / 1000
    raise TimeoutError("the run did not end")


def main(arguments: list[str]) -> int:
    """Measure and print; 1 where a message of the others was lost, doubled, altered or refused."""
    parser = argparse.ArgumentParser(prog="bench retention", description=(__doc__ or "").strip())
    parser.add_argument("--messages", type=int, default=1_000_000, help="how many are over their days")
    made = measure(parser.parse_args(arguments).messages)
    shown = asdict(made)
    print("\n".join(f"{name}: {value}" for name, value in (shown | shown.pop("others")).items()))
    return int(made.others.faults > 0)
