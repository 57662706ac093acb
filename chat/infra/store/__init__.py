"""The database: connections, transactions, threads. The only floor that speaks SQL."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError

from chat.core.errors import InvalidField, NotFound, NotNow, Unavailable
from chat.core.macs import Macs
from chat.infra.disk import MB
from chat.infra.store.bound import OPTION
from chat.infra.store.unhurried import unhurried

T = TypeVar("T")
Work = Callable[[Connection], T]

READERS = 4
# So much is written anew in a moment. A larger database waits for a quiet moment of the day, or writers would.
SMALL = 16 * 1024 * 1024
# Five seconds for those who read: while one does, the log cannot be emptied.
ATTEMPTS, PAUSE = 50, 0.1
STEP, WAY = 0.0005, 0.03
"""Seconds between two looks at whether something is being written, and for which somebody who reads gives way."""
LAST = 4
"""Messages are refused only under this part of the floor of free room, uploads and exports under all of it."""
# FULL, because NORMAL loses commits at a power cut that were answered already; the rest so that erased bytes are
# overwritten.
PRAGMAS = (
    "foreign_keys=ON",
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "temp_store=MEMORY",
    "busy_timeout=5000",
)


class Store:
    """
    One database, SQLite or PostgreSQL, behind one face.

    Work is a plain function of a transaction, run whole in a thread of the store's own: it commits when the function
    returns and rolls back when it raises. Writes go through one thread on SQLite, which has one writer anyway.

    `macs` binds the rows that open something; without, none can be made or read.
    """

    def __init__(self, url: str, macs: Macs | None = None) -> None:
        self.url = url
        self.sqlite = url.startswith("sqlite")
        known = {OPTION: macs}
        self._write_engine = engine(url, begin="BEGIN IMMEDIATE").execution_options(**known)
        self._read_engine = engine(url, begin="BEGIN").execution_options(**known) if self.sqlite else self._write_engine
        self._writers = ThreadPoolExecutor(1 if self.sqlite else READERS, "store-write")
        self._readers = ThreadPoolExecutor(READERS, "store-read")
        self._writing = 0

    async def read(self, work: Work[T]) -> T:
        """
        Run `work` in a transaction that only reads. Raises Unavailable where the database is away, NotFound where
        something is looked for that no column can hold.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, _whole, self._read_engine, work)
        except (DataError, OverflowError) as error:
            raise NotFound("Nothing can be under such a value") from error

    async def write(self, work: Work[T]) -> T:
        """
        Run `work` in a transaction and commit it. Raises Unavailable where the database is away; then nothing was
        stored. NotNow where what it refers to has gone, or such a one has come, since that was looked for.
        """
        try:
            return await self.in_writer(partial(_whole, self._write_engine, work))
        # A NUL in a text, which PostgreSQL refuses and SQLite takes, or a number that no column can hold.
        except (DataError, OverflowError) as error:
            raise InvalidField("A value is not one that can be stored", field="body") from error
        except IntegrityError as error:  # as where a contact was erased, or its like stored, since it was looked for
            raise NotNow("What this is about has changed meanwhile; look again, then try again") from error

    def write_here(self, work: Work[T]) -> T:
        """Like `write`, in the calling thread, for work that is in a thread already."""
        return _whole(self._write_engine, work)

    def in_writer(self, job: Callable[[], T]) -> asyncio.Future[T]:
        """Run `job` in the writer's thread."""
        ran = asyncio.get_running_loop().run_in_executor(self._writers, job)
        self._writing += 1
        ran.add_done_callback(self._written)
        return ran

    def give_way(self) -> None:
        """
        In a thread that reads very much: wait until nothing is being written, at most for `WAY` seconds. Somebody waits
        for what is written, as for an `ack`, and both would go on by turns only, as one interpreter runs one of them.
        """
        until = monotonic() + WAY
        while self._writing and monotonic() < until:
            sleep(STEP)

    def require_room(self, floor: int) -> None:
        """Raise Unavailable where SQLite's disk has hardly any room left. `floor` (MB) is what should stay free."""
        if self.sqlite:
            disk = Path(self.url.removeprefix("sqlite:///")).parent
            if shutil.disk_usage(disk).free < floor * MB // LAST:
                raise Unavailable("The server's disk is full, and the message was not stored; send it again later")

    async def scrub(self, *, small: bool) -> bool:
        """
        Write the database anew, so that nothing deleted stays in free pages or the log; with `small` only where that
        takes a moment. Returns whether it was done.
        """
        if small and not await asyncio.get_running_loop().run_in_executor(self._readers, self._is_small):
            return False
        # In the writer's own thread: on SQLite a VACUUM beside an open write transaction fails, and nobody else writes
        # here.
        if not await self.in_writer(lambda: self._plainly("VACUUM")):
            return False
        # VACUUM alone leaves the old pages in the write-ahead log until a checkpoint has emptied it, which any reader
        # prevents.
        for _ in range(ATTEMPTS if self.sqlite else 0):
            if await self.in_writer(lambda: self._plainly("PRAGMA wal_checkpoint(TRUNCATE)")):
                return True
            await asyncio.sleep(PAUSE)  # the writer is free meanwhile
        return not self.sqlite

    def close(self) -> None:
        """Finish what runs and let go of every connection."""
        self._writers.shutdown()
        self._readers.shutdown()
        self._write_engine.dispose()
        self._read_engine.dispose()

    def _written(self, _: asyncio.Future[Any]) -> None:
        self._writing -= 1

    def _is_small(self) -> bool:
        size = "SELECT pg_database_size(current_database())"
        pages = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        with self._read_engine.connect() as connection:
            return int(connection.exec_driver_sql(pages if self.sqlite else size).scalar_one()) <= SMALL

    def _plainly(self, command: str) -> bool:
        """Run a command outside of transactions, and return whether it did its work and was not kept waiting."""
        try:
            if self.sqlite:
                return _impatiently(self._write_engine, command)
            with (
                self._write_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
                unhurried(connection),
            ):
                connection.exec_driver_sql(command)
        except OperationalError:
            return False
        return True


def engine(url: str, begin: str = "BEGIN IMMEDIATE") -> Engine:
    """Return an engine with every pragma set, honest transactions, and an end to every wait."""
    if not url.startswith("sqlite"):
        from chat.infra.store.patient import make_patient  # noqa: PLC0415 - psycopg is loaded only where there is PostgreSQL

        made = create_engine(
            url.replace("postgresql://", "postgresql+psycopg://", 1),
            # Work is bounded by the threads, so the pool never makes one of them wait for a connection.
            pool_size=READERS * 2,
            pool_pre_ping=True,
            use_native_hstore=False,  # a type that we have not: each engine would ask the server for it
        )
        make_patient(made)
        return made
    # Named, as statements that are written once take their values by name on both databases. A connection goes from one
    # thread of the pool to another, but is never in two.
    made = create_engine(url, paramstyle="named", pool_size=READERS, connect_args={"check_same_thread": False})
    event.listen(made, "connect", _connected)
    # The driver's own idea of when to begin loses updates between reading and writing (measured), so we begin
    # ourselves.
    event.listen(made, "begin", lambda connection: connection.exec_driver_sql(begin))
    return made


def _impatiently(target: Engine, command: str) -> bool:
    """
    Run a command on SQLite without waiting for readers, and return whether it was done. A checkpoint that is "busy" was
    not: while somebody reads, the log is not emptied, and holds what was deleted.
    """
    raw = target.raw_connection()
    connection: Any = raw.driver_connection
    try:
        connection.execute("PRAGMA busy_timeout=50")
        answer = connection.execute(command).fetchone()
    except sqlite3.OperationalError:
        return False
    else:
        return answer is None or answer[0] == 0
    finally:
        connection.execute("PRAGMA busy_timeout=5000")
        raw.close()


def _connected(connection: Any, _record: object) -> None:
    # Turns off the driver's own transactions, so that BEGIN and COMMIT are the ones that are written here.
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _whole(target: Engine, work: Work[T]) -> T:
    try:
        with target.begin() as connection:
            return work(connection)
    except OperationalError as error:
        raise Unavailable("The database is not available just now") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable("The database is not available just now") from error
        raise
