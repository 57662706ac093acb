"""PostgreSQL connections that wait for an answer, but not for ever."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, event

CONNECTS = 5
ANSWERS = 30.0
LOCKED = 20.0
"""Seconds: for a connection, for one answer, for a lock."""


class Patient(psycopg.Connection[Any]):
    """
    A connection whose every wait ends: with an answer, or after `patience` seconds with OperationalError.

    The limit is the client's own. One that the server keeps, `statement_timeout`, is of no use where the server hangs,
    is stopped, or is cut off without a word.
    """

    patience = ANSWERS

    def wait(self, gen: PQGen[Any], interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait as psycopg does. Raises OperationalError and closes the connection where no answer came in time."""
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()  # its answer may still come, and would be taken for another's
            raise


def make_patient(target: Engine) -> None:
    """Let an engine open connections of this kind, which wait for a lock no longer than `LOCKED` and end with it."""

    @event.listens_for(target, "do_connect")
    def connect(_dialect: object, _record: object, args: Any, params: Any) -> Patient:
        made = Patient.connect(*args, **({"connect_timeout": CONNECTS} | params))
        try:
            # Committed at once: a SET goes again with a transaction that rolls back.
            with made.transaction():
                made.execute(f"SET lock_timeout = {int(LOCKED * 1000)}")
        except psycopg.Error:
            made.close()
            raise
        return made

    closed: list[Engine] = []
    event.listen(target, "engine_disposed", closed.append)
    event.listen(target, "checkin", lambda connection, _record: give_back(connection, closed=bool(closed)))


def give_back(connection: Patient | None, *, closed: bool) -> None:
    """Close what is given back to an engine that was let go meanwhile: nobody closes the pool it goes to any more."""
    if closed and connection is not None:
        connection.close()
