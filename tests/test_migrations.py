"""The database that migrations make is the one the code describes; another is refused with one line."""

import os
import socket
import subprocess
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Integer, MetaData, Table

from chat.core.settings import from_env
from chat.infra.store import engine, folder, migrations
from chat.infra.store.columns import metadata
from tests.commands import lethe
from tests.services import free_port

pytestmark = pytest.mark.both_databases


def environment(tmp_path: Path, database_url: str, **more: str) -> dict[str, str]:
    """What a command is given."""
    given = {"LETHE_DATA": str(tmp_path / "data"), "LETHE_DATABASE_URL": database_url}
    return {name: value for name, value in os.environ.items() if not name.startswith("LETHE_")} | given | more


def one_line(run: subprocess.CompletedProcess[str], *words: str) -> None:
    """A failure is one line on standard error that says what to do."""
    assert run.returncode == 1, run
    assert run.stderr.count("\n") == 1, run.stderr
    assert run.stderr.startswith("lethe: ")
    assert all(word in run.stderr for word in words), run.stderr


def drift(url: str, described: MetaData) -> list[object]:
    """What the database and a description differ in."""
    target = engine(url)
    with target.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = list(compare_metadata(context, described))
    target.dispose()
    return found


def test_migrations_make_what_the_code_describes(database_url: str, tmp_path: Path) -> None:
    settings = from_env({"LETHE_DATA": str(tmp_path), "LETHE_DATABASE_URL": database_url})
    folder.prepare_data(settings)
    assert migrations.migrate(settings) == migrations.HEAD
    assert drift(database_url, metadata) == []
    other = MetaData()
    for table in metadata.sorted_tables:
        table.to_metadata(other)
    other.tables["ticket"].append_column(Column("forgotten", Integer))
    Table("left_out", other, Column("id", Integer, primary_key=True))
    assert len(drift(database_url, other)) == 2


def test_migrating_twice_is_migrating_once(database_url: str, tmp_path: Path) -> None:
    environ = environment(tmp_path, database_url)
    first, second = lethe(environ, "migrate"), lethe(environ, "migrate")
    assert (first.returncode, first.stdout) == (0, second.stdout)


def test_a_newer_database_is_left_alone(database_url: str, tmp_path: Path) -> None:
    environ = environment(tmp_path, database_url)
    assert lethe(environ, "migrate").returncode == 0
    target = engine(database_url)
    with target.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    target.dispose()
    for command in (["migrate"], ["serve", "--port", "0"], ["worker", "--once"]):
        one_line(lethe(environ, *command), "9999", "newer")


def test_a_database_that_is_not_prepared_says_so(database_url: str, tmp_path: Path) -> None:
    one_line(lethe(environment(tmp_path, database_url), "serve", "--port", "0"), "lethe init")


def test_a_server_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    away = f"postgresql://nobody@127.0.0.1:{free_port()}/lethe"
    one_line(lethe(environment(tmp_path, away), "serve", "--port", "0"), "database does not answer")
    here = environment(tmp_path, f"sqlite:///{tmp_path}/lethe.db", LETHE_REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")
    assert lethe(here, "migrate").returncode == 0
    checked = lethe(here, "check")
    assert checked.returncode == 1
    assert "MEND Redis answers: LETHE_REDIS_URL" in checked.stdout


def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    environ = environment(tmp_path, f"sqlite:///{tmp_path}/lethe.db")
    assert lethe(environ, "migrate").returncode == 0
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        one_line(lethe(environ, "serve", "--port", port), port, "taken by another program", "--port")
        one_line(lethe(environ, "demo", "--port", port), port, "taken by another program", "--port")


def test_an_address_can_be_an_owners_once(database_url: str, tmp_path: Path) -> None:
    environ = environment(tmp_path, database_url)
    arguments = ["init", "--account", "Acme", "--email", "owner@acme.example", "--origin", "https://shop.example"]
    assert lethe(environ, *arguments, "--json").returncode == 0
    one_line(lethe(environ, *arguments), "address")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--email", "nonsense", "--origin", "https://shop.example"], "e-mail"),
        (["--email", "a@b.example", "--origin", "shop.example"], "https://"),
    ],
)
def test_a_bad_beginning_makes_nothing(tmp_path: Path, arguments: list[str], word: str) -> None:
    environ = environment(tmp_path, f"sqlite:///{tmp_path}/lethe.db")
    one_line(lethe(environ, "init", "--account", "Acme", *arguments), word)
    assert (
        lethe(
            environ, "init", "--account", "Acme", "--email", "a@b.example", "--origin", "https://a.example"
        ).returncode
        == 0
    )


def test_check_looks_at_the_key_store(tmp_path: Path) -> None:
    environ = environment(tmp_path, f"sqlite:///{tmp_path}/lethe.db")
    assert lethe(environ, "migrate").returncode == 0
    arguments = ["init", "--account", "Acme", "--email", "a@b.example", "--origin", "https://a.example"]
    assert lethe(environ, *arguments).returncode == 0
    assert lethe(environ, "check").returncode == 0
    keys = tmp_path / "data" / "keys" / "contacts.keys"
    keys.write_bytes(b"not keys at all" + keys.read_bytes()[15:])
    checked = lethe(environ, "check")
    assert checked.returncode == 1
    assert "MEND data keys can be used" in checked.stdout
