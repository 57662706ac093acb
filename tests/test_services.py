"""The harness keeps its own promises: real servers, nothing shared, nobody outside."""

import socket

import psycopg
import pytest
import redis

from tests import guard, programs
from tests.services import PostgreSQL, Valkey


def test_a_database_url_is_of_the_kind_its_run_is_named_for(database_url: str, request: pytest.FixtureRequest) -> None:
    assert database_url.partition(":")[0] in request.node.name


def test_every_test_gets_a_database_of_its_own(postgresql: PostgreSQL) -> None:
    one, other = postgresql.clone(), postgresql.clone()
    with psycopg.connect(one) as connection:
        connection.execute("CREATE TABLE said (text text)")
    with psycopg.connect(other) as connection:
        found = connection.execute("SELECT to_regclass('said')").fetchone()
    assert found == (None,)
    postgresql.drop(one)
    postgresql.drop(other)


def test_a_template_is_filled_once_and_cloned_whole(postgresql: PostgreSQL) -> None:
    filled: list[str] = []

    def fill(url: str) -> None:
        filled.append(url)
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE said AS SELECT 'Καλημέρα' AS text")

    for _ in range(2):
        url = postgresql.clone(postgresql.template("greeting", fill))
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT text FROM said").fetchone() == ("Καλημέρα",)
        postgresql.drop(url)
    assert len(filled) == 1


def test_a_database_is_emptied_of_all_but_what_is_kept_whoever_is_connected(postgresql: PostgreSQL) -> None:
    url = postgresql.clone()
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("CREATE TABLE kept (id int)")
        other.execute("CREATE TABLE one (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY)")
        other.execute("CREATE TABLE two (one int REFERENCES one)")
        for _ in range(2):
            with psycopg.connect(url) as connection:
                connection.execute("INSERT INTO kept VALUES (7)")
                assert connection.execute("INSERT INTO one DEFAULT VALUES RETURNING id").fetchone() == (1,)
                connection.execute("INSERT INTO two VALUES (1)")
            connection = psycopg.connect(url)
            connection.execute("LOCK TABLE one")  # by somebody who never ends
            postgresql.empty(url, {"kept"})
            with pytest.raises(psycopg.OperationalError):
                connection.execute("SELECT 1")
            connection.close()
    with psycopg.connect(url) as connection:
        counts = [connection.execute(f"SELECT count(*) FROM {each}").fetchone() for each in ("kept", "one", "two")]  # noqa: S608 - our own names
    assert counts == [(2,), (0,), (0,)]
    postgresql.drop(url)
    postgresql.empty(postgresql.clone(name=url.rpartition("/")[2]), set())  # the connection that stayed is gone


def test_redis_is_empty_for_every_test(valkey: Valkey, redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.set("said", "something")
        assert client.dbsize() == 1
        valkey.clear()
        assert client.dbsize() == 0


def test_a_server_that_is_closed_leaves_no_process_and_no_folder() -> None:
    with Valkey() as server:
        assert server.alive()
    assert not server.alive()
    assert not server.folder.exists()


def test_a_server_that_cannot_start_says_why(valkey: Valkey) -> None:
    class Second(Valkey):
        def alive(self) -> bool:
            return False  # the first would answer on its port

    second = Second()
    second.port = valkey.port
    with pytest.raises(programs.ServiceError, match=r"(?s)did not start.*Address already in use"):
        second.start()
    second.close()


@pytest.mark.parametrize(
    ("family", "host"),
    [
        (socket.AF_INET, "192.0.2.1"),
        (socket.AF_INET, "0.0.0.0"),  # noqa: S104 - nothing is bound to it
        (socket.AF_INET6, "2001:db8::1"),
    ],
)
def test_a_test_may_not_leave_this_machine(family: socket.AddressFamily, host: str) -> None:
    with socket.socket(family) as way_out, pytest.raises(guard.OutsideError):
        way_out.connect((host, 9))


def test_a_test_may_not_look_up_another_machine() -> None:
    with pytest.raises(guard.OutsideError):
        socket.getaddrinfo("example.org", 443)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_is_here(host: str) -> None:
    assert guard.is_here(host)
