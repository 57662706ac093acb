"""
Lines that are only added to, each on disk when `append` returns: in a file, or in a table of the key database.

Of their beginning some may go, for one line in their stead. Nothing else is ever changed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text, delete, insert, select, text
from sqlalchemy.exc import DBAPIError

from chat.core.errors import Misconfigured, Unavailable
from chat.infra.locks import lock
from chat.infra.store import engine
from chat.infra.store.tx import Tx

LONGEST = 8192
Shorter = Callable[[Iterable[str]], tuple[int, str]]
"""Says of lines how many of the first go, 0 for none, and what is put in their stead."""


class Lines(Protocol):
    """A journal of lines without line feeds."""

    def append(self, made: Callable[[str], str]) -> None:
        """Add the line that `made` returns for the last one ("" where there is none). Raises Unavailable."""

    def last(self) -> str:
        """Return the last line, "" where there is none."""

    def all(self) -> Iterator[str]:
        """Yield every line, first to last."""

    def shorten(self, made: Shorter) -> None:
        """
        Put one line in the stead of the first ones, while nobody appends. Raises Unavailable, and then none is gone.
        """

    def close(self) -> None:
        """Let go of file or connections."""


class LineFile:
    """
    A file. A line without its line feed was cut off while it was written and never answered for: it does not count, and
    the next one takes its place. Shortened, it is another file of the same name: who still holds the one before sees
    that when they have locked it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
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
            last, end = _tail(self._file)
            line = f"{made(last)}\n".encode()
            try:
                # What was cut off while it was written was never answered for. Left there, it would join this line to
                # garbage.
                os.ftruncate(self._file, end)
                # A full disk takes a part without an error.
                if os.pwrite(self._file, line, end) < len(line):
                    raise OSError("the disk took only a part")  # noqa: TRY301 - what follows is the same
                os.fsync(self._file)
            except OSError as error:
                raise Unavailable("The ledger of erasures cannot be written; nothing was done") from error

    def last(self) -> str:
        """Read the end of the file."""
        with self._alone():
            return _tail(self._file)[0]

    def all(self) -> Iterator[str]:
        """Read the file as it is now."""
        with self._path.open("rb") as file:
            end = _tail(file.fileno())[1]
            while file.tell() < end:
                yield file.readline().decode(errors="replace").rstrip("\n")

    def shorten(self, made: Shorter) -> None:
        """Write what stays beside the file, flush, and put it in the file's place."""
        beside = self._path.with_name(f".{self._path.name}.part")
        with self._alone():
            count, line = made(self.all())
            if not count:
                return
            try:
                with self._path.open("rb") as old, beside.open("wb") as new:
                    # A file that is opened by name gets what the umask leaves, which the operator may have widened.
                    os.fchmod(new.fileno(), 0o600)
                    for _ in range(count):
                        old.readline()
                    new.write(f"{line}\n".encode())
                    shutil.copyfileobj(old, new)
                    new.flush()
                    os.fsync(new.fileno())
                beside.replace(self._path)
                _flush(self._path.parent)
            except OSError as error:
                beside.unlink(missing_ok=True)
                raise Unavailable("The ledger of erasures cannot be shortened; it is as it was") from error

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the file of this name against other threads and processes."""
        with self._lock:
            try:
                lock(self._file)
                while not os.path.samestat(self._path.stat(), os.fstat(self._file)):  # somebody has shortened it
                    before, self._file = self._file, os.open(self._path, os.O_RDWR)
                    os.close(before)
                    lock(self._file)
            except OSError as error:
                raise Unavailable("The ledger of erasures is held by another process, or not where it was") from error
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
        """Insert under the next number. Others who append wait."""
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

    def shorten(self, made: Shorter) -> None:
        """Delete the first rows and insert one under the number of the last of them. Others who append wait."""
        with self._whole() as tx:
            tx.execute(text("LOCK TABLE ledger_line IN SHARE ROW EXCLUSIVE MODE"))
            rows = tx.execute(select(_line.c.number, _line.c.line).order_by(_line.c.number)).all()
            count, line = made(row.line for row in rows)
            if count:
                last = rows[count - 1].number
                tx.execute(delete(_line).where(_line.c.number <= last))
                tx.execute(insert(_line).values(number=last, line=line))

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def _end(self, tx: Tx) -> tuple[int, str]:
        row = tx.execute(select(_line.c.number, _line.c.line).order_by(_line.c.number.desc()).limit(1)).first()
        return (0, "") if row is None else (row.number, row.line)

    @contextmanager
    def _whole(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise Unavailable("The key database is not available just now") from error


def _tail(file: int) -> tuple[str, int]:
    """Return the last whole line of a file, and where it ends."""
    size = os.fstat(file).st_size
    start = max(0, size - 2 * LONGEST)
    held = os.pread(file, size - start, start)
    whole, feed, _ = held.rpartition(b"\n")
    if not feed:
        return "", 0
    return whole.rpartition(b"\n")[2].decode(errors="replace"), start + len(whole) + 1


def _flush(folder: Path) -> None:
    """Bring a folder's entries to the disk: a new file that a power cut takes away held nothing, it would seem."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
