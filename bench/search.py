"""
What a search costs: how long until the first hit, how many messages a second, and how others fare meanwhile.

One account is filled with messages that can be opened, half English and half Greek, and ``lethe serve`` started on
it. It is searched for a word that one of the newest tickets has, and for one that nobody wrote, which reads all there
is; first alone, then while pairs of other accounts talk at a fixed rate. The yardstick, in the same run, is to open
texts of the same kind in one loop and look for a word, without database, folding or network.
"""

import argparse
import asyncio
import http.client
import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from types import MappingProxyType

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.accounting import cpu_seconds
from bench.aged import Body, Others, Person, compared, fill
from bench.lethe import PAIRS_EACH, Lethe, Shop
from bench.load import Load
from bench.wire import hang_up
from chat.app import open_services
from chat.core.crypt import seal_text, unseal_text
from chat.core.ids import uuid7
from chat.core.settings import from_env

SAID = 200
"""Messages a ticket."""
TEXTS = (
    "Good morning, a word about my order, please: where is it, and when will it come?",
    "Καλημέρα σας, θα ήθελα να ρωτήσω για την παραγγελία μου: δεν έχει έρθει ακόμη.",
)
RARE, NOWHERE = "quincunx", "zqzqzq"
PAIRS, RATE = 40, 100.0
WARM_UP, BEFORE, SLICE = 2.0, 10.0, 1.0
REPEATS = 5


@dataclass(frozen=True, slots=True)
class Figures:
    """
    Seconds to the first hit and for all there is, messages a second, the server's CPU (microseconds a message) and that
    of the yardstick, and how others fared.
    """

    messages: int
    first_hit: float
    whole: float
    rate: int
    cpu: float
    yardstick_cpu: float
    cpu_ratio: float
    first_hit_meanwhile: float
    whole_meanwhile: float
    others: Others


def measure(messages: int) -> Figures:
    """Fill, serve, search alone, then beside others who talk."""
    with TemporaryDirectory(prefix="bench-") as folder:
        lethe = Lethe(Path(folder), PAIRS // PAIRS_EACH + 1)
        shop = lethe.shops[-1]
        asyncio.run(_readable(lethe.fresh, shop, messages))
        with lethe.running() as guests:
            port = guests.server.port
            whole(port, shop)  # the keys are opened once
            spent = cpu_seconds(guests.server.pid)
            first_hit, all_of_it = _median(port, shop)
            cpu = (cpu_seconds(guests.server.pid) - spent) / REPEATS / messages * 1e6
            opening = yardstick()
            pairs = guests.pairs(PAIRS)
            load = Load(pairs)
            load.fixed_rate(WARM_UP, RATE)
            before = load.fixed_rate(BEFORE, RATE)
            found: list[tuple[float, float]] = []
            searching = threading.Thread(target=lambda: found.append(_median(port, shop)))
            searching.start()
            meanwhile = []
            while searching.is_alive():
                meanwhile.append(load.fixed_rate(SLICE, RATE))
            hang_up([wire for pair in pairs for wire in (pair.visitor, pair.agent)])
    return Figures(
        messages,
        round(first_hit, 3),
        round(all_of_it, 2),
        round(messages / all_of_it),
        round(cpu, 1),
        round(opening, 1),
        round(cpu / opening, 1),
        round(found[0][0], 3),
        round(found[0][1], 2),
        compared(before, meanwhile),
    )


async def _readable(data: Path, shop: Shop, messages: int) -> None:
    """Give the account so many messages of many contacts, each under a key of its own; one of the last has the word."""
    count = messages // SAID
    async with open_services(from_env({"LETHE_DATA": str(data)})) as services:
        for number in range(count):
            uid = uuid7()
            slot = services.keys.create(uid)
            body = _body(services.keys.get(slot, uid), rare=number == count - 2)
            fill(data / "lethe.db", shop.site_key, [Person(uid, slot)], SAID, body)
    with closing(sqlite3.connect(data / "lethe.db")) as raw, raw:
        raw.execute("UPDATE contact SET receipt_id = 1")


def _body(key: AESGCM, *, rare: bool) -> Body:
    texts = _texts(rare=rare)
    return lambda cid: seal_text(key, "visitor", cid, next(texts))


def _texts(*, rare: bool) -> Iterator[str]:
    for number in range(SAID):
        yield f"{TEXTS[number % 2]} {RARE}" if rare and number == 0 else TEXTS[number % 2]


def yardstick() -> float:
    """Return what it costs to open a text and look for a word in it, in microseconds of CPU."""
    key, cid = AESGCM(AESGCM.generate_key(256)), bytes(16)
    sealed = [seal_text(key, "visitor", cid, text) for text in TEXTS]
    count, begun = 50_000, time.process_time()
    for number in range(count):
        assert NOWHERE not in unseal_text(key, "visitor", cid, sealed[number % 2])
    return (time.process_time() - begun) / count * 1e6


def _median(port: int, shop: Shop) -> tuple[float, float]:
    """Return the middle of some first hits, and of some walks through everything."""
    found = [(first(port, shop), whole(port, shop)) for _ in range(REPEATS)]
    return median(hit for hit, _ in found), median(took for _, took in found)


def first(port: int, shop: Shop, word: str = RARE) -> float:
    """Return how long it takes until something with a word is found, which is somewhere."""
    begun, asked = time.perf_counter(), {"q": word}
    while True:
        for at, line in _search(port, shop, asked):
            if "found" in line:
                return at - begun
            asked = {"q": word, "until": str(line["searched_back_to"])}


def whole(port: int, shop: Shop, where: Mapping[str, object] = MappingProxyType({})) -> float:
    """Return how long it takes to search everything there is, or `where` the filters say."""
    begun = time.perf_counter()
    at, last = begun, dict[str, object]()
    while not last.get("complete"):
        # Where it ends because it took long, it goes on from there, as whoever searches does.
        until = {"until": last["searched_back_to"]} if last else {}
        *_, (at, last) = _search(port, shop, {"q": NOWHERE, **where, **until})
    return at - begun


def _search(port: int, shop: Shop, asked: Mapping[str, object]) -> Iterator[tuple[float, dict[str, object]]]:
    """Yield each line with when it came."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as door:
        headers = {"Authorization": f"Bearer {shop.api_token}", "Content-Type": "application/json"}
        door.request("POST", "/api/v1/search", json.dumps(asked), headers)
        answer = door.getresponse()
        while line := answer.readline():
            yield time.perf_counter(), json.loads(line)


def main(arguments: list[str]) -> int:
    """Measure and print; 1 where a message of the others was lost, doubled, altered or refused."""
    parser = argparse.ArgumentParser(prog="bench search", description=(__doc__ or "").strip())
    parser.add_argument("--messages", type=int, default=100_000)
    made = measure(parser.parse_args(arguments).messages)
    shown = asdict(made) | {"load": round(os.getloadavg()[0], 1)}
    print("\n".join(f"{name}: {value}" for name, value in (shown | shown.pop("others")).items()))
    return int(made.others.faults > 0)
