"""A connection that goes on as another's is like a new one; only those of a kept database do, while they are sound."""

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from sqlalchemy import make_url

from chat.core.settings import Settings
from tests import lasting
from tests.lasting import Lasting
from tests.services import PostgreSQL

MARKS = (
    "SET work_mem = '77MB'",
    "PREPARE said AS SELECT 1",
    "CREATE TEMPORARY TABLE left_behind (it int)",
    "SELECT pg_advisory_lock(7)",
    "LISTEN said",
)
"""What a session leaves behind, where nobody undoes it."""
LEFT = """
SELECT current_setting('work_mem') = '77MB', (SELECT count(*) FROM pg_prepared_statements),
  to_regclass('pg_temp.left_behind') IS NOT NULL, (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'),
  (SELECT count(*) FROM pg_listening_channels())
"""


def connect(url: str) -> Lasting:
    """As an engine does: by its parts."""
    parts = make_url(url)
    return Lasting.connect(host=parts.host, port=parts.port, user=parts.username, dbname=parts.database)


def one(line: Lasting) -> tuple[object, ...] | None:
    """What the session has of what may be left behind."""
    return line.execute(LEFT).fetchone()


def begun(url: str) -> int:
    """The server's process for a connection that is closed in the midst of what it does."""
    line = connect(url)
    for mark in MARKS:
        line.execute(mark)
    line.commit()
    assert one(line) == (True, 1, True, 1, 1)
    process = line.pgconn.backend_pid
    line.close()
    assert line.closed
    with pytest.raises(psycopg.OperationalError, match="closed"):
        line.execute("SELECT 1")
    assert process in lasting.idle()
    return process


def test_a_connection_goes_on_and_knows_nothing_of_who_had_it(migrated_url: str) -> None:
    process = begun(migrated_url)
    again = connect(migrated_url)
    assert again.pgconn.backend_pid == process
    assert again.pgconn.transaction_status == TransactionStatus.IDLE
    assert one(again) == (False, 0, False, 0, 0)
    other = connect(migrated_url)  # that is had by one at a time
    assert other.pgconn.backend_pid != process
    for each in (again, other):
        each.close()


def test_one_that_the_server_ended_is_not_given_to_anybody(migrated_url: str, postgresql: PostgreSQL) -> None:
    process = begun(migrated_url)
    with psycopg.connect(postgresql.url(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [process])
    again = connect(migrated_url)
    assert one(again) == (False, 0, False, 0, 0)
    assert again.pgconn.backend_pid != process
    again.close()


def test_one_to_any_other_database_is_closed(postgres_url: str) -> None:
    before = lasting.idle()
    connect(postgres_url).close()
    assert lasting.idle() == before


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_a_test_that_begins_leaves_those_that_nobody_has(settings: Settings, postgresql: PostgreSQL) -> None:
    url = settings.database_url
    process = begun(url)
    held = connect(url)
    assert held.pgconn.backend_pid == process
    idle = begun(url)
    postgresql.empty(url, {"alembic_version"})
    with pytest.raises(psycopg.OperationalError):  # who still had one is cut off
        held.execute("SELECT 1")
    again = connect(url)
    assert again.pgconn.backend_pid == idle
    for each in (held, again):
        each.close()
