"""Fuzzes one server and looks at what it left: answers, log, tasks, open files, memory."""

import itertools
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz import frames, requests
from tests.fuzz.requests import EXPECTED, Known, Line
from tests.lethe import Lethe

BAD = (
    "Traceback",
    "Exception in ASGI",
    "Task exception was never",
    "was never awaited",
    '"level": "error"',
    "Fatal error",
)
WORKERS, RENEWED = 4, 2000
POOLS = 30
"""Open files a server may have more: pools of connections, which fill as they are needed and have a most."""
SETTLES = 30
"""Seconds at most that what was begun may take to end."""
GROWS = 150 << 20
"""Bytes a server may grow by: pools, caches, filters, and the pictures it draws."""


@dataclass
class Report:
    """What was sent and what came of it; `wrong` is empty where all is well."""

    requests: int = 0
    frames: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    before: tuple[int, int, int] = (0, 0, 0)
    after: tuple[int, int, int] = (0, 0, 0)

    def __str__(self) -> str:
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        gathered = f"tasks, files, bytes before {self.before}, after {self.after}"
        return "\n".join([f"{self.requests} requests ({statuses}), {self.frames} frames; {gathered}", *self.wrong[:40]])


def fuzz(
    lethe: Lethe,
    seed: int,
    asked: int,
    said: int,
    tell: Callable[[str], None] = print,
    seconds: float = 86_400,
    settle: int = SETTLES,
) -> Report:
    """
    Send so many requests and frames by chance of a seed, in a few lines; look before and after, when what was begun
    has ended or `settle` seconds are over. Ends after so many `seconds`, or where it is interrupted, with what it found
    until then. A seed gives the same requests and frames to
    each line; which line is served first is the server's.
    """
    known, report = requests.known_of(lethe.account()), Report()
    _requests(lethe.port, known, f"{seed} first", 200, Report())  # so that what is made once is there
    report.before = _gathered(lethe)
    until = time.monotonic() + seconds
    try:
        for line in _rounds(lethe.port, known, seed, (asked, said), report):
            tell(line)
            if time.monotonic() > until:
                break
    except KeyboardInterrupt:
        tell("interrupted; looking at what it left")
    _settle(lethe, report, settle)
    _look(lethe, report)
    return report


def _rounds(port: int, known: Known, seed: int, most: tuple[int, int], report: Report) -> Iterator[str]:
    """Send all requests, then all frames; tell how far it is after each round."""
    asked, said = most
    for at in range(0, asked, RENEWED):
        known.renew()
        _shared(lambda name, at=at: _requests(port, known, f"{seed} {at} {name}", _share(asked - at), report))  # type: ignore[misc] # bound at once
        yield f"{report.requests} requests, {len(report.wrong)} wrong"
    for number in itertools.count():
        if report.frames >= said:
            return
        known.renew()
        _shared(lambda name, number=number: _frames(port, known, f"{seed} frames {number} {name}", said, report))  # type: ignore[misc] # bound at once
        yield f"{report.frames} frames, {len(report.wrong)} wrong"


def _share(left: int) -> int:
    return -(-min(left, RENEWED) // WORKERS)


def _shared(work: Callable[[int], None]) -> None:
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(work, range(WORKERS)))


def _requests(port: int, known: Known, seed: str, count: int, report: Report) -> None:
    dice, line = random.Random(seed), Line(port)
    for _ in range(count):
        verb, sent = requests.request(dice, known)
        try:
            status, body = line.ask(verb, sent)
        except TimeoutError:
            status, body = 599, b""
        report.requests += 1
        report.statuses[status] += 1
        explained = status in EXPECTED and requests.code_of(body) in {"unavailable", "storage_full"}
        if status >= 500 and not explained and not (status in EXPECTED and not body):
            report.wrong.append(f"{status} to {sent[:300]!r}")
    line.close()


def _frames(port: int, known: Known, seed: str, said: int, report: Report) -> None:
    dice = random.Random(seed)
    for _ in range(40):
        if report.frames >= said:
            return
        count, wrong = frames.talk(dice, known, port)
        report.frames += count
        report.wrong += [wrong] if wrong else []


def _gathered(lethe: Lethe) -> tuple[int, int, int]:
    """How many tasks, open files and bytes the server has."""
    process, log = lethe._process, lethe.folder / "log"
    assert process is not None
    before = log.read_text("utf-8", "replace").count("GATHERED")
    process.send_signal(signal.SIGUSR1)
    for _ in range(200):
        lines = [each for each in log.read_text("utf-8", "replace").splitlines() if each.startswith("GATHERED")]
        if len(lines) > before:
            _, tasks, files = lines[-1].split()
            status = Path(f"/proc/{process.pid}/status").read_text("utf-8")
            return int(tasks), int(files), int(status.partition("VmRSS:")[2].split()[0]) * 1024
        time.sleep(0.05)
    raise AssertionError("the server says nothing of its tasks")


def _settle(lethe: Lethe, report: Report, within: int) -> None:
    """Wait until what was begun has ended, for so many seconds at most."""
    for _ in range(within):
        time.sleep(1)
        report.after = _gathered(lethe)
        if report.after[0] <= report.before[0] + 5 and report.after[1] <= report.before[1] + POOLS:
            return


def _look(lethe: Lethe, report: Report) -> None:
    lines = (lethe.folder / "log").read_text("utf-8", "replace").splitlines()
    report.wrong += [f"log: {line[:600]}" for line in lines if any(bad in line for bad in BAD)]
    for what, before, after, most in zip(
        ("tasks", "open files", "bytes"), report.before, report.after, (5, POOLS, GROWS), strict=True
    ):
        if after > before + most:
            report.wrong.append(f"{what}: {before} before, {after} after")
