"""The database: connections, transactions, threads. The only floor that speaks SQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DataError, DBAPIError, OperationalError

from chat.errors import InvalidField, NotFound, Unavailable

T = TypeVar("T")
Work = Callable[[Connection], T]

READERS = 4
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
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.sqlite = url.startswith("sqlite")
        self._write_engine = engine(url, begin="BEGIN IMMEDIATE")
        self._read_engine = engine(url, begin="BEGIN") if self.sqlite else self._write_engine
        self._writers = ThreadPoolExecutor(1 if self.sqlite else READERS, "store-write")
        self._readers = ThreadPoolExecutor(READERS, "store-read")

    async def read(self, work: Work[T]) -> T:
        """
        Run `work` in a transaction that only reads. Raises Unavailable where the database is away, NotFound where
        something is looked for that no column can hold.
        """
        try:
            return await self._run(self._readers, self._read_engine, work)
        except (DataError, OverflowError) as error:
            raise NotFound("Nothing can be under such a value") from error

    async def write(self, work: Work[T]) -> T:
        """
        Run `work` in a transaction and commit it. Raises Unavailable where the database is away; then nothing was
        stored.
        """
        try:
            return await self._run(self._writers, self._write_engine, work)
        except (DataError, OverflowError) as error:
            raise InvalidField("A value is not one that can be stored", field="body") from error

    def write_here(self, work: Work[T]) -> T:
        """Like `write`, in the calling thread, for work that is in a thread already."""
        return _whole(self._write_engine, work)

    def in_writer(self, job: Callable[[], T]) -> asyncio.Future[T]:
        """Run `job` in the writer's thread."""
        return asyncio.get_running_loop().run_in_executor(self._writers, job)

    def close(self) -> None:
        """Finish what runs and let go of every connection."""
        self._writers.shutdown()
        self._readers.shutdown()
        self._write_engine.dispose()
        self._read_engine.dispose()

    async def _run(self, pool: ThreadPoolExecutor, target: Engine, work: Work[T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(pool, _whole, target, work)


def engine(url: str, begin: str = "BEGIN IMMEDIATE") -> Engine:
    """Return an engine with every pragma set and honest transactions."""
    if not url.startswith("sqlite"):
        return create_engine(
            url.replace("postgresql://", "postgresql+psycopg://", 1),
            pool_size=READERS * 2,
            pool_pre_ping=True,
        )
    made = create_engine(url, paramstyle="named", pool_size=READERS, connect_args={"check_same_thread": False})
    event.listen(made, "connect", _connected)
    # The driver's own idea of when to begin loses updates between reading and writing (measured), so we begin
    # ourselves.
    event.listen(made, "begin", lambda connection: connection.exec_driver_sql(begin))
    return made


def _connected(connection: Any, _record: object) -> None:
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
