"""Nothing waits for ever: a database, a lock or a mail server that says nothing is given up."""

import asyncio
import fcntl
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from chat.core.errors import Unavailable
from chat.core.ids import uuid7
from chat.infra import locks, mail
from chat.infra.keys import slots
from chat.infra.ledger import lines
from chat.infra.mail import Letter, Mailer, Undelivered
from chat.infra.store import Store, engine, patient
from chat.infra.store.patient import Patient
from chat.infra.store.unhurried import unhurried
from tests.cable import Cable
from tests.services import PostgreSQL

SOON = 1.0
ENDS = 60.0
"""What is given up after `SOON` has been given up by then, however slow the machine is."""


@pytest.fixture
def line(postgresql: PostgreSQL) -> Iterator[Cable]:
    """The way to the database."""
    with Cable(postgresql.port) as way:
        yield way


def through(way: Cable, url: str) -> str:
    """The same database by that way."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"postgres@127.0.0.1:{way.port}").geturl()


def ask(url: str) -> None:
    """Reads on a connection that was good when it was last used."""
    store = Store(url)
    try:
        asyncio.run(store.read(lambda tx: tx.execute(text("SELECT 1"))))
    finally:
        store.close()


async def silenced(store: Store, way: Cable) -> None:
    """Reads once, and once more when the line is silent."""
    await store.read(lambda tx: tx.execute(text("SELECT 1")))
    way.silent = True
    await store.read(lambda tx: tx.execute(text("SELECT 1")))


def test_a_database_that_falls_silent_is_given_up(
    line: Cable, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patient.Patient, "patience", SOON)
    monkeypatch.setattr(patient, "CONNECTS", 2)  # the least that libpq takes
    store = Store(through(line, postgres_url))
    with pytest.raises(Unavailable):
        asyncio.run(asyncio.wait_for(silenced(store, line), ENDS))
    store.close()


def test_without_that_patience_it_would_wait(line: Cable, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patient.Patient, "patience", None)
    store = Store(through(line, postgres_url))

    def wait() -> None:
        with pytest.raises(Unavailable):
            asyncio.run(silenced(store, line))

    waiting = threading.Thread(target=wait)
    waiting.start()
    waiting.join(3 * SOON)
    assert waiting.is_alive()
    line.pull()  # its end is an answer
    waiting.join(ENDS)
    assert not waiting.is_alive()
    store.close()


def test_a_database_that_never_greets_is_given_up(
    line: Cable, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patient, "CONNECTS", 2)
    line.silent = True
    with pytest.raises(Unavailable):
        ask(through(line, postgres_url))


def test_a_lock_in_the_database_is_waited_for_no_longer(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patient, "LOCKED", SOON)
    with psycopg.connect(postgres_url, autocommit=True) as owner:
        owner.execute("CREATE TABLE said (text text)")
        with owner.transaction():
            owner.execute("LOCK TABLE said")
            store = Store(postgres_url)
            with pytest.raises(Unavailable):
                asyncio.run(store.write(lambda tx: tx.execute(text("INSERT INTO said VALUES ('x')"))))
            store.close()


def test_what_writes_a_table_anew_may_take_longer(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patient.Patient, "patience", SOON)
    store = Store(postgres_url)

    def sleep(*, anew: bool) -> None:
        with store._write_engine.connect() as connection:
            if anew:
                with unhurried(connection):
                    connection.execute(text(f"SELECT pg_sleep({2 * SOON})"))
            else:
                connection.execute(text(f"SELECT pg_sleep({2 * SOON})"))

    sleep(anew=True)
    with pytest.raises(Exception, match="timeout"):
        sleep(anew=False)
    store.close()


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Path]:
    """A file whose lock another holds."""
    path = tmp_path / "held"
    other = os.open(path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(other, fcntl.LOCK_EX)
    yield path
    os.close(other)


def test_a_file_that_another_holds_is_given_up(held: Path) -> None:
    mine = os.open(held, os.O_RDWR)
    began = time.monotonic()
    with pytest.raises(TimeoutError, match="another process"):
        locks.lock(mine, 0.3)
    assert time.monotonic() - began >= 0.3
    os.close(mine)


def test_a_file_is_locked_as_soon_as_it_is_let_go(held: Path) -> None:
    mine, other = os.open(held, os.O_RDWR), os.open(held.with_name("other"), os.O_RDWR | os.O_CREAT)
    locks.lock(other, 0.0)
    fcntl.flock(other, fcntl.LOCK_UN)
    later = os.open(held.with_name("other"), os.O_RDWR)
    locks.lock(later, 0.0)
    for each in (mine, other, later):
        os.close(each)


def test_keys_and_ledger_that_another_holds_are_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks.lock, "__defaults__", (0.2,))
    keys, ledger = slots.SlotFile(tmp_path / "keys"), lines.LineFile(tmp_path / "ledger")
    for name in ("keys", "ledger"):
        fcntl.flock(os.open(tmp_path / name, os.O_RDWR), fcntl.LOCK_EX)
    with pytest.raises(Unavailable, match="held by another"):
        keys.take(uuid7().encode()[:16], bytes(slots.WRAPPED))
    with pytest.raises(Unavailable, match="held by another"):
        ledger.append(lambda last: f"{last}x")


def test_a_mail_server_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "WHOLE", SOON)
    done = threading.Event()

    def drip(door: socket.socket) -> None:
        guest, _ = door.accept()
        while not done.wait(0.1):  # far within the time for one byte
            try:
                guest.sendall(b"2")
            except OSError:
                break
        guest.close()

    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=drip, args=(door,))
        thread.start()
        began = time.monotonic()
        with pytest.raises(Undelivered) as refused:
            Mailer(f"smtp://127.0.0.1:{door.getsockname()[1]}").send(Letter("id", "a@shop.example", "s", "t"))
        assert not refused.value.permanent
        assert time.monotonic() - began < mail.SECONDS
        done.set()
        thread.join(10)


def given_back_late(url: str) -> Patient:
    """A connection that somebody works on while its engine is let go, and gives back then."""
    target = engine(url)
    with target.connect() as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, Patient)
        target.dispose()
        assert not raw.closed
    return raw


def test_who_was_at_work_when_a_store_was_closed_leaves_no_connection(postgres_url: str) -> None:
    assert given_back_late(postgres_url).closed


def test_the_control_a_pool_that_is_let_go_closes_nothing_that_is_given_back(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patient, "give_back", lambda *_, **__: None)
    raw = given_back_late(postgres_url)
    assert not raw.closed
    raw.close()


def test_a_connection_that_cannot_be_made_ready_is_closed(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Patient] = []

    def refused(self: Patient, *_: object, **__: object) -> None:
        made.append(self)
        raise psycopg.OperationalError("no")

    monkeypatch.setattr(Patient, "execute", refused)
    target = engine(postgres_url)
    with pytest.raises(OperationalError), target.connect():
        pass
    assert [each.closed for each in made] == [True]
    target.dispose()
