"""
`lethe COMMAND` in a process of its own that has everything loaded: it is forked from one that loaded it once.

Loading takes more than a second of a processor, and tests start hundreds of commands and servers. Arguments,
environment, folder, streams, open files, signals and status are those of a process that is started the usual way;
`tests/test_commands.py` and `tests/test_forks.py` hold the two beside each other. One thing all share: the seed of
Python's hashes, by which sets are ordered. So processes that have to agree are started the usual way.
"""

import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Final, Protocol

LOADED: Final = (
    "chat.__main__",
    "chat.commands.audit",
    "chat.commands.backup",
    "chat.commands.exports",
    "chat.commands.privacy",
    "chat.commands.residue",
    "chat.commands.spam",
    "chat.commands.team",
    "chat.demo",
    "chat.doctor",
    "chat.infra.bus.redis",
    "chat.infra.bus.redisbytes",
    "chat.infra.store.patient",
    "chat.serving",
    "chat.worker",
    "alembic.command",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "zxcvbn",
    "tests.killed_erasure",
    "tests.forks",
)
"""Modules that a command may need; none of them starts a thread, which would not be there after the fork."""
STREAMS: Final = (os.O_RDONLY, os.O_WRONLY | os.O_APPEND | os.O_CREAT, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
"""How input, output and errors are opened."""

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(list(LOADED))


class Process(Protocol):
    """What tests do to a process that they started; `subprocess.Popen` has it all."""

    @property
    def pid(self) -> int:
        """Its number."""

    def poll(self) -> int | None:
        """Its status, negative where a signal ended it; None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """The same once it has ended. Raises TimeoutExpired after so many seconds."""

    def send_signal(self, sig: int) -> None:
        """Send it a signal, unless it has ended."""

    def terminate(self) -> None:
        """SIGTERM."""

    def kill(self) -> None:
        """SIGKILL."""


class Fork:
    """
    A forked command, with `subprocess.Popen`'s words. `streams` are the paths of its input, output and errors; a leader
    has a session of its own. Other `work` than `lethe` is a function of a module in `LOADED`; it returns the status.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        environ: dict[str, str],
        cwd: Path,
        streams: Sequence[Path],
        *,
        leads: bool,
        work: Callable[[], int] | None = None,
    ) -> None:
        self._arguments = arguments
        given = (arguments, environ, str(cwd), [str(each) for each in streams], leads, work)
        self._process = _forks.Process(target=_run, args=given)
        self._process.start()

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._process.pid is not None  # as it has been started
        return self._process.pid

    def poll(self) -> int | None:
        """Its status, negative where a signal ended it; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """The same once it has ended. Raises TimeoutExpired after so many seconds."""
        self._process.join(timeout)
        status = self.poll()
        if status is None:
            raise subprocess.TimeoutExpired(["lethe", *self._arguments], timeout or 0.0)
        return status

    def send_signal(self, sig: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, sig)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


def run_module(name: str) -> int:
    """Load a module that changes what is loaded, in the process that it is for alone, and return its status."""
    work: Callable[[], int] = importlib.import_module(name).main
    return work()


def _run(
    arguments: Sequence[str],
    environ: dict[str, str],
    cwd: str,
    streams: Sequence[str],
    leads: bool,  # noqa: FBT001 - handed over by position
    work: Callable[[], int] | None,
) -> None:
    from chat.__main__ import main  # noqa: PLC0415 - loaded before the fork, and in no other process of the tests

    if leads:
        os.setsid()
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(cwd)
    for number, (path, mode) in enumerate(zip(streams, STREAMS, strict=True)):
        opened = os.open(path, mode, 0o666)
        os.dup2(opened, number)
        os.close(opened)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # lines to the process that forked it, and to the tests
    resource_tracker._resource_tracker._fd = None  # type: ignore[attr-defined] # one of them
    sys.stdin, sys.stdout = open(0, encoding="utf-8"), open(1, "w", encoding="utf-8")  # noqa: SIM115 - its own
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115 - as above
    sys.argv = ["lethe", *arguments]
    sys.exit((work or main)())
