"""
Ends what a lost test process leaves behind.

A test process that is killed, or torn away by its time limit, ends none of the servers it started. So beside each
stands one small process that is told of every server, and ends them when the line to it breaks.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path

PATIENCE = 5.0


class Keeper:
    """The line to that process."""

    def __init__(self) -> None:
        # Signals of the terminal are not for it: it outlives whom it watches.
        command = [sys.executable, "-m", "tests.keeper"]
        root = Path(__file__).parent.parent
        self._process = subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, text=True, start_new_session=True)

    def keep(self, pid: int, folder: Path) -> None:
        """The server `pid`, a session's leader, and its folder are to go when this process does."""
        self._say(f"+ {pid} {folder}")

    def let_go(self, pid: int) -> None:
        """The server has ended."""
        self._say(f"- {pid}")

    def _say(self, line: str) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()


@cache
def keeper() -> Keeper:
    """The one beside this process, started when first asked for."""
    return Keeper()


def end_what_is_left(lines: Iterable[str]) -> None:
    """Reads until the line breaks; then ends every server that was not let go, and removes its folder."""
    left: dict[int, str] = {}
    for line in lines:
        word, pid, *folder = line.rstrip("\n").split(" ", 2)
        if word == "+":
            left[int(pid)] = folder[0]
        else:
            left.pop(int(pid), None)
    for how, wait in ((signal.SIGTERM, PATIENCE), (signal.SIGKILL, 0.2)):
        tell(left, how)
        limit = time.monotonic() + wait
        while time.monotonic() < limit and any(map(alive, left)):
            time.sleep(0.05)
    for folder_left in left.values():
        shutil.rmtree(folder_left, ignore_errors=True)


def tell(sessions: Iterable[int], how: signal.Signals) -> None:
    """Sends a signal to every process of these sessions."""
    for session in sessions:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(session, how)


def alive(session: int) -> bool:
    """Whether any of its processes is there."""
    try:
        os.killpg(session, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    end_what_is_left(sys.stdin)
