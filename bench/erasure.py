"""
What an erasure costs: how long from the request until a contact is unreadable, and what a large one costs others.

An account is filled with contacts of 100 messages, straight into the database, and one contact of many; ``lethe serve``
is started on it. Some of the small ones are erased, one after the other, each watched in the file of keys. Then
pairs of other accounts talk at a fixed rate, before the large one is erased and while that goes on.
"""

import argparse
import asyncio
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.aged import Others, Person, ask, compared, fill, people
from bench.lethe import PAIRS_EACH, Lethe, Shop, Shops
from bench.load import Load, Run
from bench.wire import hang_up
from chat.app import open_services
from chat.core.ids import uuid7
from chat.core.settings import from_env
from chat.infra.keys.slots import EMPTY, SLOT

SAID, ERASED = 100, 20
"""Messages of a small contact, and how many of those are erased."""
PAIRS, RATE = 40, 100.0
WARM_UP, BEFORE, SLICE = 2.0, 20.0, 2.0
PATIENCE, LOOK = 300.0, 0.001
MOST = 1.0
"""Seconds in which a contact has to be unreadable."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds to the destroyed key and to the certificate; then the large erasure's, and how others fared."""

    messages: int
    unreadable_median: float
    unreadable_most: float
    certified_median: float
    large: int
    large_unreadable: float
    large_certified: float
    others: Others


def measure(messages: int, large: int) -> Figures:
    """Fill, serve, erase. Raises TimeoutError where an erasure does not end."""
    with TemporaryDirectory(prefix="bench-") as folder:
        lethe = Lethe(Path(folder), PAIRS // PAIRS_EACH + 1)
        aged, database = lethe.shops[-1], lethe.fresh / "lethe.db"
        *small, big = asyncio.run(_with_keys(lethe.fresh, ERASED + 1))
        fill(database, aged.site_key, [*people(messages // SAID - len(small)), *small], SAID)
        fill(database, aged.site_key, [big], large)
        with lethe.running() as guests:
            went = [_erased(guests, aged, each) for each in small]
            unreadable, certified, others = _large(guests, aged, big)
    return Figures(
        messages=messages,
        unreadable_median=round(statistics.median(first for first, _ in went), 3),
        unreadable_most=round(max(first for first, _ in went), 3),
        certified_median=round(statistics.median(last for _, last in went), 3),
        large=large,
        large_unreadable=round(unreadable, 3),
        large_certified=round(certified, 1),
        others=others,
    )


async def _with_keys(data: Path, count: int) -> list[Person]:
    async with open_services(from_env({"LETHE_DATA": str(data)})) as services:
        owners = [uuid7() for _ in range(count)]
        return [Person(uid, services.keys.create(uid)) for uid in owners]


def _erased(guests: Shops, shop: Shop, person: Person) -> tuple[float, float]:
    """Erase; return the seconds until the key was destroyed and until the certificate was signed."""
    begun = time.perf_counter()
    request, unreadable = _until_unreadable(guests, shop, person)
    while not _done(guests, shop, request):
        _patience(begun)
        time.sleep(LOOK)
    return unreadable, time.perf_counter() - begun


def _large(guests: Shops, shop: Shop, person: Person) -> tuple[float, float, Others]:
    """Erase while others talk; the seconds as `_erased` has them, and how the others fared."""
    pairs = guests.pairs(PAIRS)
    load = Load(pairs)
    load.fixed_rate(WARM_UP, RATE)
    before, begun = load.fixed_rate(BEFORE, RATE), time.perf_counter()
    request, unreadable = _until_unreadable(guests, shop, person)
    meanwhile, certified = _while_it_goes_on(load, guests, shop, request), time.perf_counter() - begun
    hang_up([wire for pair in pairs for wire in (pair.visitor, pair.agent)])
    return unreadable, certified, compared(before, meanwhile)


def _until_unreadable(guests: Shops, shop: Shop, person: Person) -> tuple[str, float]:
    """Ask for the erasure; return its id, and the seconds until nothing was left in the key's slot."""
    begun = time.perf_counter()
    request = ask(guests.server.port, shop.api_token, "DELETE", f"/contacts/{person.uid}")["erasure_id"]
    with (guests.data / "keys" / "contacts.keys").open("rb", buffering=0) as slots:
        while True:
            slots.seek(person.slot * SLOT)
            if slots.read(SLOT) == EMPTY:
                return str(request), time.perf_counter() - begun
            _patience(begun)
            time.sleep(LOOK)


def _while_it_goes_on(load: Load, guests: Shops, shop: Shop, request: str) -> list[Run]:
    """Talk in slices until the erasure is done; return those that were all within it."""
    begun, slices = time.perf_counter(), []
    while True:
        slices.append(load.fixed_rate(SLICE, RATE))
        if _done(guests, shop, request):
            return slices[:-1] or slices
        _patience(begun)


def _done(guests: Shops, shop: Shop, request: str) -> bool:
    return bool(ask(guests.server.port, shop.api_token, "GET", f"/erasures/{request}")["state"] == "done")


def _patience(begun: float) -> None:
    if time.perf_counter() - begun > PATIENCE:
        raise TimeoutError("the erasure did not end")


def main(arguments: list[str]) -> int:
    """Measure and print; 1 where a contact stayed readable too long, or a message of the others went wrong."""
    parser = argparse.ArgumentParser(prog="bench erasure", description=(__doc__ or "").strip())
    parser.add_argument("--messages", type=int, default=1_000_000, help="how many others there are (1,000,000)")
    parser.add_argument("--large", type=int, default=100_000, help="messages of the large contact (100,000)")
    given = parser.parse_args(arguments)
    made = measure(given.messages, given.large)
    shown = asdict(made)
    print("\n".join(f"{name}: {value}" for name, value in (shown | shown.pop("others")).items()))
    return int(made.unreadable_most >= MOST or made.others.faults > 0)
