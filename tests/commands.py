"""`lethe COMMAND`, run to its end: forked, as nearly all are (`tests/forks.py`), or started as its users start it."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.forks import Fork

LIMIT = 150.0
"""Seconds for a command."""


def lethe(environ: dict[str, str], *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """A command, run to its end; `given` is its standard input. Raises TimeoutExpired."""
    return forked(environ, arguments, given)


def forked(
    environ: dict[str, str],
    arguments: Sequence[str],
    given: str = "",
    *,
    work: Callable[[], int] | None = None,
    limit: float = LIMIT,
) -> subprocess.CompletedProcess[str]:
    """The same, or other work that is done as one: `tests.forks.Fork`."""
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder, name) for name in ("in", "out", "err")]
        streams[0].write_text(given, encoding="utf-8")
        process = Fork(arguments, environ, Path.cwd(), streams, leads=False, work=work)
        try:
            status = process.wait(limit)
        finally:
            process.kill()
        said = [each.read_text(encoding="utf-8") for each in streams[1:]]
    return subprocess.CompletedProcess(["lethe", *arguments], status, *said)


def started(environ: dict[str, str], *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """The same, started as its users start it."""
    command = [sys.executable, "-m", "chat", *arguments]
    return subprocess.run(command, env=environ, input=given, capture_output=True, text=True, check=False, timeout=LIMIT)
