"""Who owes what: each message is due once at the agent and, as an ack, once at its sender."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field


def percentile(seconds: Sequence[float], share: float) -> float:
    """Return the milliseconds that ``share`` (0 to 1) of ``seconds`` do not exceed, or NaN."""
    if not seconds:
        return math.nan
    return 1000 * sorted(seconds)[min(len(seconds) - 1, int(share * len(seconds)))]


@dataclass(slots=True)
class Record:
    """What one run saw in one direction: seconds from sending to arrival, and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)


class Ledger:
    """What is still due on one wire."""

    def __init__(self, record: Record, what: str) -> None:
        """Write into ``record``; ``what`` begins a fault's name (``delivery`` or ``ack``)."""
        self._record = record
        self._what = what
        self._due: dict[str, tuple[float, str]] = {}
        self._settled: set[str] = set()

    def __len__(self) -> int:
        """Count what is due."""
        return len(self._due)

    def owe(self, key: str, text: str, at: float) -> None:
        """Note that the message ``key`` was sent ``at`` that moment."""
        self._due[key] = (at, text)

    def arrived(self, key: str, text: str | None, at: float) -> None:
        """Note the arrival of ``key`` with ``text`` (``None``: the frame carries none)."""
        if key not in self._due:
            self.fault("doubled" if key in self._settled else "unknown")
            return
        if next(iter(self._due)) != key:
            self.fault("out of order")
        sent, expected = self._due.pop(key)
        if text is not None and text != expected:
            self.fault("altered")
        self._settled.add(key)
        self._record.seconds.append(at - sent)

    def give_up(self) -> None:
        """Call whatever is still due lost."""
        for _ in self._due:
            self.fault("lost")

    def fault(self, kind: str) -> None:
        """Count something that went wrong."""
        self._record.faults[f"{self._what} {kind}"] += 1
