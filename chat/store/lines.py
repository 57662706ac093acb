"""Lines that are only added to, each on disk when `append` returns: in a file, or in a table of the key database."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text, insert, select, text
from sqlalchemy.exc import DBAPIError

from chat.errors import Misconfigured, Unavailable
from chat.store import engine

LONGEST = 8192


class Lines(Protocol):
    """A journal of lines without line feeds."""

    def append(self, made: Callable[[str], str]) -> None:
        """Add the line that `made` returns for the last one ("" where there is none). Raises Unavailable."""

    def last(self) -> str:
        """Return the last line, "" where there is none."""

    def all(self) -> Iterator[str]:
        """Yield every line, first to last."""

    def close(self) -> None:
        """Let go of file or connections."""


class LineFile:
    """
    A file. A line without its line feed was cut off while it was written and never answered for: it does not count, and
    the next one takes its place.
    """

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            new = not path.exists()
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            if new:
                _flush(path.parent)
        except OSError as error:
            raise Misconfigured(f"{path} cannot be opened ({error.strerror}); set LETHE_KEYS_URL") from error
        self._lock = threading.Lock()

    def append(self, made: Callable[[str], str]) -> None:
        """Write behind the last whole line and flush."""
        with self._alone():
            last, end = self._tail()
            line = f"{made(last)}\n".encode()
            try:
                os.ftruncate(self._file, end)
                if os.pwrite(self._file, line, end) < len(line):
                    raise OSError("the disk took only a part")  # noqa: TRY301 - what follows is the same
                os.fsync(self._file)
            except OSError as error:
                raise Unavailable("The ledger of erasures cannot be written; nothing was done") from error

    def last(self) -> str:
        """Read the end of the file."""
        return self._tail()[0]

    def all(self) -> Iterator[str]:
        """Read the file as it is now."""
        end = self._tail()[1]
        with os.fdopen(os.dup(self._file), "rb") as file:
            file.seek(0)
            while file.tell() < end:
                yield file.readline().decode(errors="replace").rstrip("\n")

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _tail(self) -> tuple[str, int]:
        """Return the last whole line, and where it ends."""
        size = os.fstat(self._file).st_size
        start = max(0, size - 2 * LONGEST)
        held = os.pread(self._file, size - start, start)
        whole, feed, _ = held.rpartition(b"\n")
        if not feed:
            return "", 0
        return whole.rpartition(b"\n")[2].decode(errors="replace"), start + len(whole) + 1

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the file against other threads and processes."""
        with self._lock:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)


_tables = MetaData()
_line = Table(
    "ledger_line",
    _tables,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("line", Text, nullable=False),
)


class LineTable:
    """A table in the key database, for servers on several machines."""

    def __init__(self, url: str) -> None:
        self._engine = engine(url)

    def prepare(self) -> None:
        """Make the table where it is missing."""
        _tables.create_all(self._engine)

    def append(self, made: Callable[[str], str]) -> None:
        """Insert under the next number; others who append wait."""
        with self._whole() as tx:
            tx.execute(text("LOCK TABLE ledger_line IN SHARE ROW EXCLUSIVE MODE"))
            number, last = self._end(tx)
            tx.execute(insert(_line).values(number=number + 1, line=made(last)))

    def last(self) -> str:
        """Read the last row."""
        with self._whole() as tx:
            return self._end(tx)[1]

    def all(self) -> Iterator[str]:
        """Read every row."""
        with self._whole() as tx:
            yield from tx.execute(select(_line.c.line).order_by(_line.c.number)).scalars().all()

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def _end(self, tx: Connection) -> tuple[int, str]:
        row = tx.execute(select(_line.c.number, _line.c.line).order_by(_line.c.number.desc()).limit(1)).first()
        return (0, "") if row is None else (row.number, row.line)

    @contextmanager
    def _whole(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise Unavailable("The key database is not available just now") from error


def _flush(folder: Path) -> None:
    """Bring a folder's entries to the disk: a new file that a power cut takes away held nothing, it would seem."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
