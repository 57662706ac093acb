"""One measure of one target: a fresh server, its people, the load, the books."""

import itertools
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bench.accounting import Books, pss_bytes
from bench.ledger import percentile
from bench.load import Load, Run
from bench.targets import Target
from bench.wire import Ears, Wire, hang_up

WARM_UP = 0.5
"""Seconds of the same load before the measure begins; its faults count, its times do not."""
SETTLE = 1.0
"""Seconds between the last idle connection and weighing."""
FIRST = 100
"""Connections opened before the first weighing: what a server sets up once is not counted."""


@dataclass(frozen=True, slots=True)
class Trip:
    """What one run of messages showed; times in milliseconds, cores in processors kept busy."""

    messages: int
    per_second: float
    delivery_p50: float
    delivery_p99: float
    ack_p50: float
    ack_p99: float
    cpu_ms: float
    server_cores: float
    generator_cores: float
    other_cores: float
    late_p99: float
    extra: int
    faults: dict[str, int]


@dataclass(frozen=True, slots=True)
class Weight:
    """What idle connections weigh."""

    connections: int
    base_mb: float
    kb_each: float


def closed_loop(target: Target, pairs: int, seconds: float) -> Trip:
    """Measure ``pairs`` that each write as soon as the last message has arrived."""
    return _trip(target, pairs, lambda load, length: load.closed_loop(length), seconds)


def fixed_rate(target: Target, pairs: int, seconds: float, rate: float) -> Trip:
    """Measure ``rate`` messages a second spread over ``pairs``."""
    return _trip(target, pairs, lambda load, length: load.fixed_rate(length, rate), seconds)


def _trip(target: Target, pairs: int, run: Callable[[Load, float], Run], seconds: float) -> Trip:
    with target.running() as guests:
        people = guests.pairs(pairs)
        load = Load(people)
        warm = run(load, WARM_UP)
        books = Books(guests.server.pid)
        result = run(load, seconds)
        share = books.share()
        hang_up(wire for pair in people for wire in (pair.visitor, pair.agent))
    count = len(result.deliveries.seconds)
    return Trip(
        messages=count,
        per_second=count / result.seconds,
        delivery_p50=percentile(result.deliveries.seconds, 0.5),
        delivery_p99=percentile(result.deliveries.seconds, 0.99),
        ack_p50=percentile(result.acks.seconds, 0.5),
        ack_p99=percentile(result.acks.seconds, 0.99),
        cpu_ms=1000 * share.server / max(1, count),
        server_cores=share.server / share.seconds,
        generator_cores=share.generator / share.seconds,
        other_cores=share.other / share.seconds,
        late_p99=percentile(result.late, 0.99),
        extra=result.extra,
        faults=dict(warm.faults + result.faults),
    )


def idle(target: Target, connections: int) -> Weight:
    """Weigh ``connections`` that say nothing."""
    with target.running() as guests:
        arriving = guests.idlers(FIRST + connections)
        first = _gather(itertools.islice(arriving, FIRST))
        before = pss_bytes(guests.server.pid)
        rest = _gather(arriving)
        after = pss_bytes(guests.server.pid)
        hang_up(first + rest)
    return Weight(connections, before / 1e6, (after - before) / connections / 1000)


def _gather(arriving: Iterable[Wire]) -> list[Wire]:
    """Let them all come in, answering pings meanwhile, and the server settle."""
    ears, wires = Ears(), []
    for wire in arriving:
        wires.append(wire)
        ears.add(wire, wire.receive)
        ears.listen(0)
    ears.listen_until(time.perf_counter() + SETTLE)
    return wires
