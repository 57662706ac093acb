"""
What an inbox costs whose account is large: each view and the counts, searches, and many agents who watch one list.

The account is made once on SQLite or PostgreSQL (`bench.grown`), kept in a folder, and copied for each run.
"""

import argparse
import http.client
import itertools
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any
from urllib.parse import quote

import msgspec

from bench import search
from bench.accounting import cpu_seconds
from bench.aged import compared
from bench.grown import OLD, RARE, RARE_TAG, Grown, fill
from bench.kept import DATABASES, Environ, copied
from bench.ledger import percentile
from bench.lethe import PAIRS_EACH, SERVE, Shops
from bench.load import Load
from bench.process import free_port, serving
from bench.texts import Said, client_id, sentence, written
from bench.wire import Ears, Wire, connect, hang_up

ASKED = 40
"""Requests a view."""
PAIRS, RATE, WARM_UP, QUIET, SLICE = 40, 100.0, 2.0, 10.0, 1.0
"""So many pairs of others write so many messages a second; seconds before that counts, of the quiet, of a slice."""
WATCHERS, WATCHED, NEWS, VISITORS = 200, 20.0, 5.0, 10
"""So many agents watch for so many seconds, in which so many messages a second are said by so many visitors."""
REPEATS = 3
OPEN = "status=open&snoozed=false&held=false"
Figures = dict[str, Any]
_numbers = itertools.count(1)


def paths(grown: Grown) -> dict[str, str]:
    """Return what the inbox asks for, by the view: as `static/views.js` says it."""
    views = {
        "unassigned": f"{OPEN}&assignee=none",
        "mine": f"{OPEN}&assignee=me",
        "all open": OPEN,
        "all open, oldest first": f"{OPEN}&order=oldest",
        "waiting longest": f"{OPEN}&waiting=true&order=waiting",
        "pending": "status=pending&snoozed=false&held=false",
        "snoozed": "snoozed=true&held=false",
        "solved": "status=solved&held=false",
        "quarantine": "held=true",
        "trash": "status=trash",
        "department": f"{OPEN}&department={grown.department}",
        "site": f"{OPEN}&site={grown.site}",
        "tag": f"{OPEN}&tag={quote(grown.tag)}",
        "tag of one solved ticket": f"tag={RARE_TAG}&held=false",
        "tag of none": "tag=nowhere&held=false",
        "saved: urgent": "priority=urgent&held=false",
        "saved: urgent, open, of a department": f"{OPEN}&priority=urgent&department={grown.department}",
        "saved: of a site, waits, nobody's": f"site={grown.site}&waiting=true&assignee=none&held=false",
    }
    return {name: f"/tickets?{query}" for name, query in views.items()} | {
        "counts": "/tickets/counts",
        "tags": "/tags",
        "saved views": "/views?limit=200",
    }


def measure(place: Path, database: str, tickets: int, team: int, parts: Iterable[str]) -> Iterator[Figures]:
    """Make the account where it is not there yet, serve it and yield figures, part by part."""
    there = place / f"{database}-{tickets}"

    def make(environ: Environ) -> None:
        begun = time.perf_counter()
        grown = fill(environ, tickets, team, min(100_000, 5 * tickets), PAIRS // PAIRS_EACH)
        (there / "grown.json").write_bytes(msgspec.json.encode(grown))
        print(f"made in {time.perf_counter() - begun:.0f} s", flush=True)

    with copied(there, database, make) as (data, environ):
        grown = msgspec.json.decode((there / "grown.json").read_bytes(), type=Grown)
        port = free_port()
        with serving([*SERVE, "--port", str(port)], port, environ) as server:
            shops = Shops(server, grown.others, data)
            yield {"database": database, "tickets": grown.tickets, "messages": grown.messages}
            for part in parts:
                yield PARTS[part](shops, grown)


def _views(shops: Shops, grown: Grown) -> Figures:
    """Return p50 and p95 of each view in ms, and the server's CPU a request, without a database's of its own."""
    made: Figures = {}
    with closing(http.client.HTTPConnection("127.0.0.1", shops.server.port, timeout=60)) as door:
        for name, path in paths(grown).items():
            spent = cpu_seconds(shops.server.pid)
            took = [_asked(door, grown.shop.api_token, path) for _ in range(ASKED)]
            cpu = (cpu_seconds(shops.server.pid) - spent) / ASKED * 1000
            made[name] = [round(each, 1) for each in (percentile(took, 0.5), percentile(took, 0.95), cpu)]
    return {"views": made, "worst p95": max(p95 for _, p95, _ in made.values())}


def _asked(door: http.client.HTTPConnection, token: str, path: str) -> float:
    begun = time.perf_counter()
    door.request("GET", f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"})
    answer = door.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path} was refused with {answer.status}: {body.decode()}")
    return time.perf_counter() - begun


def _searches(shops: Shops, grown: Grown) -> Figures:
    """Return how long searches take, alone, and then how others fare meanwhile, beside before."""
    port, pid = shops.server.port, shops.server.pid
    recent = {"since": _stamp(grown.recent)}
    search.whole(port, grown.shop, recent)  # the keys are opened once
    firsts = [search.first(port, grown.shop, RARE) for _ in range(REPEATS)]
    spent = cpu_seconds(pid)
    wholes = [search.whole(port, grown.shop, recent) for _ in range(REPEATS)]
    cpu = (cpu_seconds(pid) - spent) / REPEATS / grown.recent_messages
    old = median(search.first(port, grown.shop, OLD) for _ in range(REPEATS))
    number = median(search.first(port, grown.shop, f"#{grown.old}") for _ in range(REPEATS))
    alone = {
        "first hit, s": round(median(firsts), 3),
        "messages searched": grown.recent_messages,
        "searched in, s": round(median(wholes), 2),
        "cpu a message, us": round(1e6 * cpu, 1),
        "yardstick, us": round(search.yardstick(), 1),
        "word of three months ago, s": round(old, 2),
        "number of three months ago, s": round(number, 3),
    }
    return {"search": alone, "others": _others(shops, partial(search.whole, port, grown.shop, recent))}


def _others(shops: Shops, work: Callable[[], float]) -> Figures:
    pairs = shops.pairs(PAIRS)
    load = Load(pairs)
    load.fixed_rate(WARM_UP, RATE)
    before, took, meanwhile = load.fixed_rate(QUIET, RATE), list[float](), []
    working = Thread(target=lambda: took.extend(work() for _ in range(REPEATS)))
    working.start()
    while working.is_alive():
        meanwhile.append(load.fixed_rate(SLICE, RATE))
    hang_up([wire for pair in pairs for wire in (pair.visitor, pair.agent)])
    return asdict(compared(before, meanwhile)) | {"searched in, s": round(median(took), 2)}


def _watched(shops: Shops, grown: Grown) -> Figures:
    """Return what the server spends while some messages are said and one agent watches the list, and many do."""
    one, many = (_watching(shops, grown, count) for count in (1, WATCHERS))
    return {
        "watching": {
            "messages a second": NEWS,
            "cpu of one, s": round(one, 2),
            f"cpu of {WATCHERS}, s": round(many, 2),
            "ratio": round(many / one, 2),
        }
    }


def _watching(shops: Shops, grown: Grown, count: int) -> float:
    """Return the server's CPU seconds while so many watch. Raises RuntimeError where one of them hears nothing."""
    people = Shops(shops.server, [grown.shop], shops.data)
    heard, ears, visitors, watchers = [0] * count, Ears(), list[Wire](), list[Wire]()
    for wire in people.idlers(VISITORS):
        ears.add(wire, wire.receive)
        visitors.append(wire)
    for number in range(count):
        watchers.append(_watcher(shops.server.port, grown.tokens[number % len(grown.tokens)]))
        ears.add(watchers[-1], partial(_hear, watchers[-1], heard, number))
        ears.listen(0)  # whoever is here already is asked whether they still are
    _talk(visitors, ears, WARM_UP)
    spent = cpu_seconds(shops.server.pid)
    _talk(visitors, ears, WATCHED)
    spent = cpu_seconds(shops.server.pid) - spent
    hang_up([*visitors, *watchers])
    if not all(heard):
        raise RuntimeError(f"{heard.count(0)} of {count} who watch heard nothing")
    return spent


def _watcher(port: int, token: str) -> Wire:
    wire = connect(port, "/ws/agent", {"Sec-WebSocket-Protocol": "lethe.v1", "Authorization": f"Bearer {token}"})
    wire.until(lambda payload: b'"welcome"' in payload)
    wire.send(b'{"type":"follow","view":"open"}')
    return wire


def _hear(wire: Wire, heard: list[int], number: int) -> None:
    heard[number] += sum(b'"type":"ticket"' in payload for payload in wire.receive())


def _talk(visitors: Sequence[Wire], ears: Ears, seconds: float) -> None:
    """Say something, one visitor after the other, so often a second."""
    begun = time.perf_counter()
    for turn in range(int(NEWS * seconds)):
        ears.listen_until(begun + turn / NEWS)
        said = Said(client_id(next(_numbers), time.time_ns() // 1_000_000), sentence(turn))
        visitors[turn % len(visitors)].send(written(said))
    ears.listen_until(begun + seconds)


PARTS: dict[str, Callable[[Shops, Grown], Figures]] = {"views": _views, "search": _searches, "watch": _watched}


def _stamp(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat()


def main(arguments: list[str]) -> int:
    """Measure and print; 1 where a message of the others was lost, doubled, altered or refused."""
    parser = argparse.ArgumentParser(prog="bench inbox", description=(__doc__ or "").strip())
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--agents", type=int, default=WATCHERS)
    parser.add_argument("--keep", type=Path, help="a folder where the account is kept for the next time")
    parser.add_argument("--part", choices=PARTS, action="append")
    given = parser.parse_args(arguments)
    faults = 0
    with TemporaryDirectory(prefix="bench-") as folder:
        place = given.keep or Path(folder)
        for made in measure(place, given.database, given.tickets, given.agents, given.part or PARTS):
            faults += made.get("others", {}).get("faults", 0)
            _show(made | {"load": round(os.getloadavg()[0], 1)})
    return int(faults > 0)


def _show(made: Figures) -> None:
    for name, value in made.items():
        print(f"{name}:" if isinstance(value, dict) else f"{name}: {value}", flush=True)
        for each, figures in value.items() if isinstance(value, dict) else ():
            print(f"  {each}: {figures}", flush=True)
