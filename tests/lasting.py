"""
Connections to PostgreSQL that last. Each test opens services of its own, which connect several times to the same two
databases, and each connection costs the server a hundredth of a second of a processor until it knows the tables. So one
that is closed goes on as another's, where its database is kept: like a new one, but that it knows the tables.
"""

import select
from collections import defaultdict
from collections.abc import Collection
from threading import Lock
from typing import Any, Self

from psycopg.adapt import AdaptersMap
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq import PGconn as Line
from psycopg.pq.abc import PGconn
from sqlalchemy import make_url

from chat.infra.store import patient

Address = tuple[int, str]
"""A server's port and the database's name."""
MOST = 4
"""Connections to one database that nobody has, and that stay."""
_kept: set[Address] = set()
_idle: dict[Address, list[PGconn]] = defaultdict(list)
_lock = Lock()


def share() -> None:
    """Let the engines of this process connect so."""
    patient.Patient = Lasting  # type: ignore[misc] # it takes its place


def keep(urls: Collection[str]) -> None:
    """From now on connections to these databases last, and to no others."""
    with _lock:
        for line in [line for lines in _idle.values() for line in lines]:
            line.finish()
        _idle.clear()
        _kept.clear()
        _kept.update((made.port or 0, made.database or "") for made in map(make_url, urls))


def idle() -> list[int]:
    """The server's processes for connections that nobody has."""
    with _lock:
        return [line.backend_pid for lines in _idle.values() for line in lines]


class Lasting(patient.Patient):
    """A connection that another goes on with once it is closed."""

    @classmethod
    def connect(cls, conninfo: str = "", *, context: Any = None, **given: Any) -> Self:
        """Go on with one that was closed, or connect as psycopg does."""
        line = _taken((given.get("port", 0), given.get("dbname", "")))
        if line is None:
            return super().connect(conninfo, context=context, **given)
        made = cls(line)
        made._adapters = AdaptersMap(context.adapters) if context else None
        return made

    def close(self) -> None:
        """Close it for whoever has it."""
        line = self.pgconn
        if not self.closed and _is_kept(line):
            self._closed, self.pgconn = True, _ended()
            _keep(line)
        super().close()


def _is_kept(line: PGconn) -> bool:
    """Whether it is one of a kept database, and the server has answered all that it was asked."""
    return _address(line) in _kept and line.transaction_status in {TransactionStatus.IDLE, TransactionStatus.INTRANS}


def _keep(line: PGconn) -> None:
    """Undo all that its session has done, and keep it for the next; close it where there is enough."""
    known = _idle[_address(line)]
    done = [line.exec_(each).status for each in (b"ROLLBACK", b"DISCARD ALL")]
    with _lock:
        if set(done) == {ExecStatus.COMMAND_OK} and len(known) < MOST:
            known.append(line)
            return
    line.finish()


def _taken(address: Address) -> PGconn | None:
    """One that nobody has, None where there is none. What the server has ended says so, and is left."""
    with _lock:
        while lines := _idle.get(address):
            line = lines.pop()
            if not select.select([line.socket], [], [], 0)[0]:
                return line
            line.finish()
    return None


def _address(line: PGconn) -> Address:
    return (int(line.port), line.db.decode())


def _ended() -> PGconn:
    """A connection that is none."""
    made = Line.connect_start(b"host=127.0.0.1 port=1")
    made.finish()
    return made
