"""A server that the tests fork is the one that its users start: seen from without, the two are one process."""

import os
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.forks import Process
from tests.lethe import Lethe, Started
from tests.services import PATIENCE

STATUS = {"Umask", "Uid", "Gid", "Groups", "NoNewPrivs", "SigBlk", "SigIgn", "SigCgt"}
"""Lines of /proc/PID/status (proc_pid_status(5)) that a program decides or inherits."""


@pytest.fixture
def both() -> Iterator[tuple[Lethe, Lethe]]:
    """One of each kind."""
    with Lethe() as forked, Started() as started:
        yield forked, started


def process(server: Lethe) -> Process:
    """Its process."""
    assert server._process is not None
    return server._process


def looked_at(server: Lethe) -> dict[str, Any]:
    """All that /proc and its folder show of a server, but what is another each time."""
    number, kept = process(server).pid, server.folder
    proc = Path(f"/proc/{number}")
    lines = (line.partition(":") for line in (proc / "status").read_text().splitlines())
    links = [str((proc / name).readlink()).replace(str(kept), "…") for name in ("cwd", "fd/0", "fd/1", "fd/2")]
    return {
        "status": {name: value.split() for name, _, value in lines if name in STATUS},
        "links": links,
        # Which kinds, not how many: each thread and each client that there was has some of its own.
        "files": {file(proc, each.name) for each in (proc / "fd").iterdir()} - {None},
        "limits": (proc / "limits").read_text(),
        "leads": (os.getsid(number) == number, os.getpgid(number) == number),
        "left": sorted(
            (str(each.relative_to(server.folder)), each.stat().st_mode) for each in server.folder.rglob("*")
        ),
        "log": (server.folder / "log").read_text().replace(str(server.port), "…"),
    }


def file(proc: Path, number: str) -> tuple[int, bool] | None:
    """An open file's kind, and whether programs that the process starts would have it too; None if it is closed."""
    with suppress(FileNotFoundError):
        flags = (proc / "fdinfo" / number).read_text().split("flags:")[1].split()[0]
        return stat.S_IFMT((proc / "fd" / number).stat().st_mode), not int(flags, 8) & os.O_CLOEXEC
    return None


def test_seen_from_without_they_are_alike(both: tuple[Lethe, Lethe]) -> None:
    limit, (forked, started) = time.monotonic() + PATIENCE, map(looked_at, both)
    while forked != started and time.monotonic() < limit:  # one may be at work still that the other has done
        time.sleep(0.2)
        forked, started = map(looked_at, both)
    assert forked == started
    assert forked["leads"] == (True, True)
    assert forked["links"] == ["…", "/dev/null", "…/log", "…/log"]


def test_who_forks_them_has_one_thread(both: tuple[Lethe, Lethe]) -> None:
    """Another would not be there after the fork, and the locks that it held would be held for ever."""
    forks = Path(f"/proc/{process(both[0]).pid}/stat").read_text().rpartition(")")[2].split()[1]
    assert len(list(Path(f"/proc/{forks}/task").iterdir())) == 1


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_ends_them_alike(both: tuple[Lethe, Lethe], how: signal.Signals) -> None:
    ended = []
    for server in both:
        running = process(server)
        assert running.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(0.01)
        running.send_signal(how)
        status = running.wait(30)
        running.send_signal(how)  # to nobody
        ended.append((status, running.poll(), server.alive(), (server.folder / "log").read_text().count("\n")))
    assert ended[0] == ended[1]


def test_their_settings_are_those_they_are_given_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETHE_LOG_LEVEL", "nonsense")  # which a server that read it would not start with
    for kind in (Lethe, Started):
        with kind() as server:
            assert server.alive()
