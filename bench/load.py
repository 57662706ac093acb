"""The load: pairs of visitor and agent, one message at a time or so many a second.

One process, one thread, no event loop but ``epoll``: the generator has to be much lighter than
the server it measures.
"""

import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.ledger import Ledger, Record
from bench.texts import Said, client_id, read, sentence, written
from bench.wire import Ears, Wire

PATIENCE = 5.0
"""Seconds after the last message was sent until what has not arrived is called lost."""
GRACE = 0.1
"""Seconds to listen on when all has arrived, for what should not come."""

_numbers = itertools.count(1)


@dataclass(slots=True)
class Run:
    """What one run of the load saw."""

    deliveries: Record = field(default_factory=Record)
    acks: Record = field(default_factory=Record)
    sent: int = 0
    held: int = 0
    extra: int = 0
    """Frames that were neither a delivery nor an ack."""
    late: list[float] = field(default_factory=list)
    """Seconds by which each message left after its time (fixed rate)."""
    seconds: float = 0.0

    @property
    def faults(self) -> Counter[str]:
        """Everything that went wrong, counted by kind."""
        return self.deliveries.faults + self.acks.faults + Counter({"held": self.held})


class Pair:
    """A visitor who writes, and the agent who reads it."""

    def __init__(self, visitor: Wire, agent: Wire, ack: str) -> None:
        """Pair two open wires; frames of type ``ack`` tell the visitor that a message is taken."""
        self.visitor = visitor
        self.agent = agent
        self._ack = ack
        self.begin(Run())

    def begin(self, run: Run, then: Callable[["Pair"], None] | None = None) -> None:
        """Start over for ``run``; call ``then`` whenever nothing is due any more."""
        self._run = run
        self._then = then
        self._deliveries = Ledger(run.deliveries, "delivery")
        self._acks = Ledger(run.acks, "ack")

    @property
    def due(self) -> int:
        """What has not arrived yet."""
        return len(self._deliveries) + len(self._acks)

    def say(self) -> None:
        """Send the next message."""
        number = next(_numbers)
        said = Said(client_id(number, time.time_ns() // 1_000_000), sentence(number))
        payload = written(said)
        now = time.perf_counter()
        self._deliveries.owe(said.id, said.text, now)
        self._acks.owe(said.id, said.text, now)
        self._run.sent += 1
        self.visitor.send(payload)

    def hear_agent(self) -> None:
        """Read what the agent was told."""
        payloads = self.agent.receive()
        now = time.perf_counter()
        for payload in payloads:
            heard = read(payload)
            if heard.type == "message":
                self._deliveries.arrived(heard.id, heard.text or "", now)
            else:
                self._otherwise(self._deliveries, heard.type, heard.code)
        self._ended(self.agent, self._deliveries)

    def hear_visitor(self) -> None:
        """Read what the visitor was told."""
        payloads = self.visitor.receive()
        now = time.perf_counter()
        for payload in payloads:
            heard = read(payload)
            if heard.type == self._ack:
                self._run.held += heard.held is True
                self._acks.arrived(heard.id, heard.text, now)
            else:
                self._otherwise(self._acks, heard.type, heard.code)
        self._ended(self.visitor, self._acks)

    def _otherwise(self, ledger: Ledger, kind: str, code: str) -> None:
        if kind == "error":
            ledger.fault(f"refused: {code}")
        else:
            self._run.extra += 1

    def _ended(self, wire: Wire, ledger: Ledger) -> None:
        if wire.closed is not None:
            ledger.fault(f"closed: {wire.closed}")
        elif self._then is not None and not self.due:
            self._then(self)

    def give_up(self) -> None:
        """Call what has not arrived lost."""
        self._deliveries.give_up()
        self._acks.give_up()


class Load:
    """Some pairs, listened to together."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        """Take the wires of ``pairs`` over."""
        self._pairs = pairs
        self._ears = Ears()
        for pair in pairs:
            self._ears.add(pair.visitor, pair.hear_visitor)
            self._ears.add(pair.agent, pair.hear_agent)

    def closed_loop(self, seconds: float) -> Run:
        """Let every pair send the next message as soon as the last one has arrived and is acked."""
        end = time.perf_counter() + seconds

        def again(pair: Pair) -> None:
            if time.perf_counter() < end:
                pair.say()

        with self._run(again) as run:
            for pair in self._pairs:
                pair.say()
            self._ears.listen_until(end)
        return run

    def fixed_rate(self, seconds: float, rate: float) -> Run:
        """Send ``rate`` messages a second whatever comes back, the pairs in turn."""
        with self._run(None) as run:
            start = time.perf_counter()
            for turn, pair in zip(range(int(rate * seconds)), itertools.cycle(self._pairs), strict=False):
                due = start + turn / rate
                self._ears.listen_until(due)
                run.late.append(time.perf_counter() - due)
                pair.say()
        return run

    @contextmanager
    def _run(self, then: Callable[[Pair], None] | None) -> Iterator[Run]:
        run = Run()
        for pair in self._pairs:
            pair.begin(run, then)
        start = time.perf_counter()
        yield run
        self._drain()
        run.seconds = time.perf_counter() - start
        self._ears.listen_until(time.perf_counter() + GRACE)
        for pair in self._pairs:
            pair.give_up()

    def _drain(self) -> None:
        deadline = time.perf_counter() + PATIENCE
        while any(pair.due for pair in self._pairs) and (left := deadline - time.perf_counter()) > 0:
            self._ears.listen(left)
