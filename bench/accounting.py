"""What the system's books say of a process and its children: CPU time, memory, other load.

Sources: /proc/PID/stat, /proc/PID/smaps_rollup and /proc/stat (proc(5)); so Linux only.
"""

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def family(pid: int) -> list[int]:
    """Return ``pid`` and every living descendant of it."""
    found = [pid]
    for parent in found:
        for children in (_PROC / str(parent) / "task").glob("*/children"):
            with suppress(FileNotFoundError, ProcessLookupError):  # one that has just ended has none
                found += map(int, children.read_text().split())
    return found


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds, user and system, of ``pid`` and its children, ended ones too."""
    return sum(_ticks(member) for member in family(pid)) / _TICK


def _ticks(pid: int) -> int:
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):  # it has just ended, and counts as its parent's
        return 0
    # The name in parentheses may hold anything, so count from its end: utime is field 14.
    fields = stat.rpartition(")")[2].split()
    return sum(map(int, fields[11:15]))


def pss_bytes(pid: int) -> int:
    """Return the proportional set size of ``pid`` and its children (shared pages in part)."""
    return sum(_pss(member) for member in family(pid))


def _pss(pid: int) -> int:
    for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"no Pss in smaps_rollup of {pid}")


def machine_seconds() -> float:
    """Return the CPU seconds of all processors since boot, stolen ones included."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, (_PROC / "stat").read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / _TICK


@dataclass(frozen=True, slots=True)
class Share:
    """CPU seconds between two looks at the books, and the wall-clock seconds between them."""

    seconds: float
    server: float
    generator: float
    other: float


class Books:
    """The books as they stood when this was made."""

    def __init__(self, server: int) -> None:
        """Open the books on the process ``server``; the generator is this process."""
        self._server = server
        self._opened = self._read()

    def _read(self) -> tuple[float, float, float, float]:
        return (
            time.perf_counter(),
            cpu_seconds(self._server),
            time.process_time(),
            machine_seconds(),
        )

    def share(self) -> Share:
        """Return who has used the processors since."""
        seconds, server, generator, machine = (now - then for now, then in zip(self._read(), self._opened, strict=True))
        return Share(seconds, server, generator, max(0.0, machine - server - generator))
