"""
What a retention run costs: old messages purged a second, and how long other people's messages take meanwhile.

An account of its own is filled with tickets that are over their days, straight into the database, and ``lethe serve``
started on it. Pairs of other accounts talk at a fixed rate before the run and while it goes on.
"""

import argparse
import http.client
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.ledger import percentile
from bench.lethe import PAIRS_EACH, Lethe
from bench.load import Load, Run
from chat.ids import uuid7

DAY = 86_400_000
SAID, BODY = 20, 120
"""Messages a ticket, and bytes of each."""
PAIRS, RATE = 40, 100.0
WARM_UP, BEFORE, SLICE = 2.0, 20.0, 5.0
PATIENCE = 400.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured: acks in ms, before the run and meanwhile."""

    messages: int
    tickets: int
    seconds: float
    rows_per_second: float
    before_p50: float
    before_p99: float
    meanwhile_p50: float
    meanwhile_p99: float
    p99_ratio: float
    faults: int


def fill(database: Path, site_key: str, messages: int) -> int:
    """Write so many messages of 400 days ago into the account of a site; return how many tickets they are in."""
    tickets, at = -(-messages // SAID), time.time_ns() // 1_000_000 - 400 * DAY
    with sqlite3.connect(database) as raw:
        account, site = raw.execute("SELECT account_id, id FROM site WHERE key = ?", (site_key,)).fetchone()
        known = raw.execute("SELECT coalesce(max(id), 0) FROM contact").fetchone()[0]
        first = raw.execute("SELECT coalesce(max(id), 0) FROM ticket").fetchone()[0] + 1
        raw.executemany(
            "INSERT INTO contact (id, uid, account_id, site_id, key_slot, locale, created_at)"
            " VALUES (?,?,?,?,0,'en',?)",
            ((known + 1 + n, uuid7(), account, site, at) for n in range(tickets)),
        )
        raw.executemany(
            "INSERT INTO ticket (id, account_id, number, contact_id, site_id, status, tags, last_seq, last_note, held,"
            " agent_read, visitor_read, created_at, updated_at) VALUES (?,?,?,?,?,'solved','[]',?,0,0,0,0,?,?)",
            ((first + n, account, n + 1, known + 1 + n, site, SAID, at, at + n) for n in range(tickets)),
        )
        raw.executemany(
            "INSERT INTO message (ticket_id, seq, contact_id, author, cid, receipt_id, body, at, held)"
            " VALUES (?,?,?,'visitor',?,1,?,?,0)",
            _rows(first, known + 1, tickets, at),
        )
        raw.execute("UPDATE account SET tickets = ? WHERE id = ?", (tickets, account))
    raw.close()
    return tickets


def _rows(first: int, contact: int, tickets: int, at: int) -> Iterator[tuple[Any, ...]]:
    for n in range(tickets):
        for seq in range(1, SAID + 1):
            yield first + n, seq, contact + n, (n * SAID + seq).to_bytes(16), os.urandom(BODY), at


def measure(messages: int) -> Figures:
    """Fill, serve, talk, purge; return what came of it. Raises TimeoutError where the run does not end."""
    with TemporaryDirectory(prefix="bench-") as folder:
        lethe = Lethe(Path(folder), PAIRS // PAIRS_EACH + 1)
        aged = lethe.shops[-1]
        tickets = fill(lethe.fresh / "lethe.db", aged.site_key, messages)
        with lethe.running() as guests:
            load = Load(guests.pairs(PAIRS))
            load.fixed_rate(WARM_UP, RATE)
            before = load.fixed_rate(BEFORE, RATE)
            run = _ask(guests.server.port, aged.api_token, "POST", "/retention/runs", {"dry_run": False})
            meanwhile, seconds = _while_it_runs(load, guests.server.port, aged.api_token, run["id"])
        every = [before, *meanwhile]
        quiet, busy = (_acks(runs) for runs in ([before], meanwhile))
        return Figures(
            messages=messages,
            tickets=tickets,
            seconds=round(seconds, 1),
            rows_per_second=round((messages + tickets) / seconds),
            before_p50=round(percentile(quiet, 0.5), 2),
            before_p99=round(percentile(quiet, 0.99), 2),
            meanwhile_p50=round(percentile(busy, 0.5), 2),
            meanwhile_p99=round(percentile(busy, 0.99), 2),
            p99_ratio=round(percentile(busy, 0.99) / percentile(quiet, 0.99), 2),
            faults=sum(each.faults.total() for each in every),
        )


def _while_it_runs(load: Load, port: int, token: str, run_id: str) -> tuple[list[Run], float]:
    """Talk in slices until the run is done; return the slices that were all within it, and how long it took."""
    begun, slices = time.perf_counter(), []
    while time.perf_counter() - begun < PATIENCE:
        slices.append(load.fixed_rate(SLICE, RATE))
        report = _ask(port, token, "GET", f"/retention/runs/{run_id}")
        if report["state"] == "done":
            rule = next(each for each in report["rules"] if each["rule"] == "transcripts")
            if rule["left"] or rule["purged"] != rule["found"]:
                raise RuntimeError(f"the run left something: {rule}")
            return slices[:-1] or slices, rule["took_ms"] / 1000
    raise TimeoutError("the run did not end")


def _acks(runs: list[Run]) -> list[float]:
    return [seconds for each in runs for seconds in each.acks.seconds]


def _ask(port: int, token: str, method: str, path: str, body: Any = None) -> Any:
    door = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    door.request(method, f"/api/v1{path}", None if body is None else json.dumps(body), headers)
    answer = json.loads(door.getresponse().read())
    door.close()
    return answer


def main(arguments: list[str]) -> int:
    """Measure and print; 1 where a message of the others was lost, doubled, altered or refused."""
    parser = argparse.ArgumentParser(prog="bench retention", description=(__doc__ or "").strip())
    parser.add_argument("--messages", type=int, default=1_000_000, help="how many are over their days")
    made = measure(parser.parse_args(arguments).messages)
    print("\n".join(f"{name}: {value}" for name, value in asdict(made).items()))
    return int(made.faults > 0)
