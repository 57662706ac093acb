"""
What a long piece of work costs those who chat meanwhile: the database written anew, a backup, a large export.

An account is filled straight into the database and ``lethe serve`` started on it. Pairs of other accounts talk at a
fixed rate, before the work is begun and while it goes on.
"""

import argparse
import asyncio
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.aged import Others, Person, ask, compared, fill, people
from bench.lethe import PAIRS_EACH, Lethe, Shop, Shops, environ_of
from bench.load import Load, Run
from bench.wire import hang_up
from chat.app import open_services
from chat.core.crypt import seal_text
from chat.core.events import WorkDue
from chat.core.ids import uuid7
from chat.core.macs import Macs
from chat.core.settings import from_env
from chat.infra.bus.file import FileBusClient
from chat.infra.store.folder import server_secret

SAID = 20
"""Messages a ticket."""
PAIRS, RATE = 40, 100.0
WARM_UP, BEFORE, SLICE = 2.0, 20.0, 1.0
PATIENCE = 300.0

Chore = Callable[[Shops, Shop], Callable[[], bool]]
"""Begins the work and returns what tells whether it is done."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds that the work took, the longest that an ack took meanwhile (ms), and how others fared."""

    messages: int
    megabytes: int
    seconds: float
    longest: float
    others: Others


def measure(work: str, messages: int) -> Figures:
    """Fill, serve, talk, work. Raises TimeoutError where the work does not end."""
    with TemporaryDirectory(prefix="bench-") as folder:
        lethe = Lethe(Path(folder), PAIRS // PAIRS_EACH + 1)
        aged, database = lethe.shops[-1], lethe.fresh / "lethe.db"
        if work == "export":
            asyncio.run(_readable(lethe.fresh, aged, messages))
        else:
            fill(database, aged.site_key, people(-(-messages // SAID)), SAID)
        size = database.stat().st_size // 1_000_000
        with lethe.running() as guests:
            pairs = guests.pairs(PAIRS)
            load = Load(pairs)
            load.fixed_rate(WARM_UP, RATE)
            before, begun = load.fixed_rate(BEFORE, RATE), time.perf_counter()
            meanwhile = _while_it_goes_on(load, CHORES[work](guests, aged))
            seconds = time.perf_counter() - begun
            hang_up([wire for pair in pairs for wire in (pair.visitor, pair.agent)])
    longest = max(took for each in meanwhile for took in each.acks.seconds)
    return Figures(messages, size, round(seconds, 1), round(1000 * longest, 1), compared(before, meanwhile))


async def _readable(data: Path, shop: Shop, messages: int) -> None:
    """Give the account one contact with so many messages that can be opened."""
    async with open_services(from_env({"LETHE_DATA": str(data)})) as services:
        uid = uuid7()
        slot = services.keys.create(uid)
        key = services.keys.get(slot, uid)
    text = "Good morning, a word about my order, please: where is it, and when will it come? " * 2
    fill(
        data / "lethe.db",
        shop.site_key,
        [Person(uid, slot)],
        messages,
        lambda cid: seal_text(key, "visitor", cid, text),
    )
    with closing(sqlite3.connect(data / "lethe.db")) as raw, raw:
        raw.execute("UPDATE contact SET receipt_id = 1 WHERE uid = ?", (uid,))


def _scrub(guests: Shops, _: Shop) -> Callable[[], bool]:
    """Have the database written anew, as if something had been deleted and a day had passed."""
    database = guests.data / "lethe.db"
    with closing(sqlite3.connect(database, timeout=30)) as raw, raw:
        raw.execute("UPDATE server SET scrubbed_at = 0")
    macs = Macs(server_secret(from_env({"LETHE_DATA": str(guests.data)})))
    FileBusClient(guests.data / "events", macs).publish(WorkDue())

    def done() -> bool:
        with closing(sqlite3.connect(database, timeout=30)) as raw:
            return bool(raw.execute("SELECT scrubbed_at FROM server").fetchone()[0])

    return done


def _backup(guests: Shops, _: Shop) -> Callable[[], bool]:
    """Run the command beside the server, as each night."""
    command = [sys.executable, "-m", "chat", "backup", str(guests.data.parent / "backups")]
    process = subprocess.Popen(command, env=environ_of(guests.data), stdout=subprocess.DEVNULL)

    def done() -> bool:
        if process.poll():  # a status other than 0
            raise RuntimeError(f"the backup failed with {process.returncode}")
        return process.returncode == 0

    return done


def _export(guests: Shops, shop: Shop) -> Callable[[], bool]:
    """Ask for everything held on the contact, as an agent does."""
    port, token = guests.server.port, shop.api_token
    with closing(sqlite3.connect(guests.data / "lethe.db")) as raw:
        uid = raw.execute("SELECT uid FROM contact ORDER BY id DESC").fetchall()
    aged = next(each for (each,) in uid if ask(port, token, "GET", f"/contacts/{each}").get("id") == each)
    made = ask(port, token, "POST", f"/contacts/{aged}/exports")

    def done() -> bool:
        state = ask(port, token, "GET", f"/exports/{made['id']}")["state"]
        if state == "failed":
            raise RuntimeError("the export failed")
        return bool(state == "done")

    return done


def _while_it_goes_on(load: Load, done: Callable[[], bool]) -> list[Run]:
    """Talk in slices until the work is done; return all of them: a stall may be its last moment."""
    begun, slices = time.perf_counter(), []
    while time.perf_counter() - begun < PATIENCE:
        slices.append(load.fixed_rate(SLICE, RATE))
        if done():
            return slices
    raise TimeoutError("the work did not end")


CHORES: dict[str, Chore] = {"scrub": _scrub, "backup": _backup, "export": _export}


def main(arguments: list[str]) -> int:
    """Measure and print; 1 where a message of the others was lost, doubled, altered or refused."""
    parser = argparse.ArgumentParser(prog="bench chores", description=(__doc__ or "").strip())
    parser.add_argument("work", choices=CHORES)
    parser.add_argument("--messages", type=int, help="200,000; for an export 20,000")
    given = parser.parse_args(arguments)
    made = measure(given.work, given.messages or (20_000 if given.work == "export" else 200_000))
    shown = asdict(made) | {"load": round(os.getloadavg()[0], 1)}
    print("\n".join(f"{name}: {value}" for name, value in (shown | shown.pop("others")).items()))
    return int(made.others.faults > 0)
