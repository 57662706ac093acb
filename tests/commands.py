"""
`lethe COMMAND` in a process of its own that has everything loaded: it is forked from one that loaded it once.

Loading takes a second of a processor, and tests run hundreds of commands. Arguments, environment, folder, streams and
status are those of a command that is started the usual way; `tests/test_commands.py` holds the two beside each other.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path

LIMIT = 60.0
"""Seconds for a command."""
LOADED = (
    "chat.__main__",
    "chat.commands.audit",
    "chat.commands.backup",
    "chat.commands.exports",
    "chat.commands.privacy",
    "chat.commands.residue",
    "chat.commands.spam",
    "chat.commands.team",
    "chat.doctor",
    "chat.infra.bus.redis",
    "chat.infra.bus.redisbytes",
    "chat.infra.store.patient",
    "alembic.command",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "zxcvbn",
    "tests.commands",
)
"""Modules that a command may need; none of them starts a thread, which would not be there after the fork."""
STREAMS = (("in", os.O_RDONLY), ("out", os.O_WRONLY), ("err", os.O_WRONLY))

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(list(LOADED))


def lethe(environ: dict[str, str], *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """A command, run to its end; `given` is its standard input. Raises TimeoutExpired."""
    with tempfile.TemporaryDirectory() as folder:
        for name, _ in STREAMS:
            Path(folder, name).write_text(given if name == "in" else "", encoding="utf-8")
        process = _forks.Process(target=_run, args=(arguments, environ, str(Path.cwd()), folder))
        process.start()
        process.join(LIMIT)
        status = process.exitcode
        if status is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(["lethe", *arguments], LIMIT)
        process.close()
        said = [Path(folder, name).read_text(encoding="utf-8") for name in ("out", "err")]
    return subprocess.CompletedProcess(["lethe", *arguments], status, *said)


def started(environ: dict[str, str], *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """The same, started as its users start it."""
    command = [sys.executable, "-m", "chat", *arguments]
    return subprocess.run(command, env=environ, input=given, capture_output=True, text=True, check=False, timeout=LIMIT)


def _run(arguments: tuple[str, ...], environ: dict[str, str], cwd: str, streams: str) -> None:
    from chat.__main__ import main  # noqa: PLC0415 - loaded before the fork, and in no other process of the tests

    os.environ.clear()
    os.environ.update(environ)
    os.chdir(cwd)
    for number, (name, mode) in enumerate(STREAMS):
        opened = os.open(Path(streams, name), mode)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout = open(0, encoding="utf-8"), open(1, "w", encoding="utf-8")  # noqa: SIM115 - its own
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115 - as above
    sys.argv = ["lethe", *arguments]
    sys.exit(main())
