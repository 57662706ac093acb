"""
Where wrapped keys lie: numbered slots that really forget.

A file of fixed slots that are overwritten in place and flushed, or on PostgreSQL a small database of its own that is
written anew after each erasure.
"""

from __future__ import annotations

import fcntl
import os
import threading
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from sqlalchemy import Column, Connection, Integer, LargeBinary, MetaData, Table, delete, func, insert, select, text
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.exc import DBAPIError

from chat.core.crypt import KEY_BYTES, NONCE_BYTES
from chat.core.errors import Misconfigured, Unavailable
from chat.infra.locks import lock
from chat.infra.store import engine
from chat.infra.store.unhurried import unhurried

MAGIC = b"lethe keys 1\n"
SLOT, MOST = 96, 1 << 31
WRAPPED = NONCE_BYTES + KEY_BYTES + 16
EMPTY = bytes(SLOT)
WrappedKey = tuple[int, bytes, bytes]
"""A slot's number, its owner, the wrapped key."""


class Slots(Protocol):
    """Where wrapped keys lie: numbered slots, each with its owner's id beside it."""

    def take(self, owner: bytes, wrapped: bytes) -> int:
        """Keep `wrapped` for `owner` durably, and return its slot."""

    def look(self, slot: int, owner: bytes) -> bytes | None:
        """Return what is kept for `owner` in `slot`, None where it is gone or another's."""

    def wipe(self, slot: int, owner: bytes) -> bool:
        """Overwrite the slot if it is `owner`'s, and return whether there was a key."""

    def all(self) -> Iterator[WrappedKey]:
        """Yield every key that is kept."""

    def fill(self, held: Iterable[WrappedKey]) -> None:
        """Keep keys in slots of given numbers, durably."""

    def close(self) -> None:
        """Let go of file or connections."""


class SlotFile:
    """
    Keys in one file of 96-byte slots: owner (16), wrapped key (60), CRC-32 (4), zeros. Slot 0 is the header.

    A wiped slot is all zeros, overwritten in place and flushed, and may be used again: the owner in it tells whose it
    is.
    """

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Misconfigured(
                f"The key file {path} cannot be opened ({error.strerror}); set LETHE_KEYS_URL"
            ) from error
        # flock is of the open file, which all threads of a process share: it holds off processes, and the lock here
        # threads.
        self._lock = threading.Lock()
        with self._alone():
            if os.fstat(self._file).st_size == 0:
                self._put(0, MAGIC.ljust(SLOT, b"\0"))
            ours = os.pread(self._file, len(MAGIC), 0) == MAGIC
            self._free = self._empties() if ours else []
        if not ours:
            self.close()
            raise Misconfigured(f"{path} is not a key file of Lethe; restore it or set LETHE_KEYS_URL")

    def take(self, owner: bytes, wrapped: bytes) -> int:
        """Write the key into a free slot, or a new one at the end."""
        with self._alone():
            slot = self._next()
            self._put(slot, _record(owner, wrapped))
        return slot

    def look(self, slot: int, owner: bytes) -> bytes | None:
        """Read the slot: None where it is another's or none. Raises Misconfigured where it is damaged."""
        if not 0 < slot < MOST:
            return None
        record = os.pread(self._file, SLOT, slot * SLOT)
        if record in {b"", EMPTY}:
            return None
        body, crc = record[: 16 + WRAPPED], record[16 + WRAPPED : 20 + WRAPPED]
        if zlib.crc32(body).to_bytes(4) != crc:  # asked before whose it is: the owner's id may be what is damaged
            raise Misconfigured(f"Slot {slot} of the key file is damaged; restore the key file from its backup")
        return body[16:] if body[:16] == owner else None

    def wipe(self, slot: int, owner: bytes) -> bool:
        """Overwrite with zeros and flush."""
        with self._alone():
            if os.pread(self._file, 16, slot * SLOT) != owner:
                self.look(slot, owner)  # a damaged slot may be this owner's: then it is said, and nobody's is wiped
                return False
            # Overwritten where it lies: a file written anew would leave the old block, key and all, to the disk's free
            # space.
            self._put(slot, EMPTY)
            self._free.append(slot)
        return True

    def all(self) -> Iterator[WrappedKey]:
        """Read every slot. Raises Misconfigured where one is damaged."""
        for slot in range(1, -(-os.fstat(self._file).st_size // SLOT)):
            owner = os.pread(self._file, 16, slot * SLOT)
            wrapped = self.look(slot, owner)
            if wrapped is not None:
                yield slot, owner, wrapped

    def fill(self, held: Iterable[WrappedKey]) -> None:
        """Write the slots and flush once."""
        with self._alone():
            for slot, owner, wrapped in held:
                os.pwrite(self._file, _record(owner, wrapped), slot * SLOT)
            os.fsync(self._file)
            self._free = self._empties()

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _next(self) -> int:
        while self._free:
            slot = self._free.pop()
            # Another process may have taken the slot since the list was made.
            if os.pread(self._file, SLOT, slot * SLOT) == EMPTY:
                return slot
        return -(-os.fstat(self._file).st_size // SLOT)

    def _empties(self) -> list[int]:
        slots = os.fstat(self._file).st_size // SLOT
        return [slot for slot in range(1, slots) if os.pread(self._file, SLOT, slot * SLOT) == EMPTY]

    def _put(self, slot: int, record: bytes) -> None:
        os.pwrite(self._file, record, slot * SLOT)
        os.fsync(self._file)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the file against other threads and, as commands run beside a server, other processes."""
        with self._lock:
            try:
                lock(self._file)
            except OSError as error:
                raise Unavailable("The data keys are held by another process") from error
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)


def _record(owner: bytes, wrapped: bytes) -> bytes:
    body = owner + wrapped
    return (body + zlib.crc32(body).to_bytes(4)).ljust(SLOT, b"\0")


_tables = MetaData()
_key = Table(
    "data_key",
    _tables,
    Column("slot", Integer, primary_key=True, autoincrement=True),
    Column("owner", LargeBinary(16), nullable=False),
    Column("wrapped", LargeBinary(WRAPPED), nullable=False),
)


class SlotTable:
    """Keys in a PostgreSQL database of their own. Wiping rewrites the table, so that the old bytes go."""

    def __init__(self, url: str) -> None:
        self._engine = engine(url)

    def prepare(self) -> None:
        """Make the table where it is missing."""
        _tables.create_all(self._engine)

    def take(self, owner: bytes, wrapped: bytes) -> int:
        """Insert a row. Its key is the slot."""
        with self._whole() as tx:
            made = tx.execute(insert(_key).values(owner=owner, wrapped=wrapped).returning(_key.c.slot))
            return int(made.scalar_one())

    def look(self, slot: int, owner: bytes) -> bytes | None:
        """Read the row."""
        mine = (_key.c.slot == slot) & (_key.c.owner == owner)
        with self._whole() as tx:
            found = tx.execute(select(_key.c.wrapped).where(mine)).scalar()
        return None if found is None else bytes(found)

    def wipe(self, slot: int, owner: bytes) -> bool:
        """Delete the row and write the table anew."""
        with self._whole() as tx:
            gone = tx.execute(delete(_key).where(_key.c.slot == slot, _key.c.owner == owner))
        # A deleted row stays in its page until that is reused. Only VACUUM FULL writes the table anew, outside any
        # transaction.
        with self._whole("AUTOCOMMIT") as plain, unhurried(plain):
            plain.execute(text("VACUUM FULL data_key"))
        return gone.rowcount > 0

    def all(self) -> Iterator[WrappedKey]:
        """Read every row."""
        with self._whole() as tx:
            rows = tx.execute(select(_key).order_by(_key.c.slot)).all()
        yield from ((row.slot, bytes(row.owner), bytes(row.wrapped)) for row in rows)

    def fill(self, held: Iterable[WrappedKey]) -> None:
        """Insert rows, and never give out their numbers again."""
        rows = [{"slot": slot, "owner": owner, "wrapped": wrapped} for slot, owner, wrapped in held]
        with self._whole() as tx:
            if rows:
                tx.execute(insert(_key), rows)
                # Without it the next key would get a number that a row of the copy has already.
                last = select(func.max(_key.c.slot)).scalar_subquery()
                tx.execute(select(func.setval(func.pg_get_serial_sequence("data_key", "slot"), last)))

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    @contextmanager
    def _whole(self, isolation: IsolationLevel = "READ COMMITTED") -> Iterator[Connection]:
        try:
            with self._engine.connect().execution_options(isolation_level=isolation) as connection, connection.begin():
                yield connection
        except DBAPIError as error:
            raise Unavailable("The key database is not available just now") from error


def open_slots(url: str) -> Slots:
    """Open the store that `LETHE_KEYS_URL` names."""
    if url.startswith("file:"):
        return SlotFile(Path(unquote(urlsplit(url).path)))
    return SlotTable(url)
