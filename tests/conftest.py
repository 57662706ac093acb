"""The fixtures every test may ask for. Servers start when first asked for, and always stop."""

import gc
import logging
import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path
from shutil import copytree

import hypothesis  # noqa: F401 - it looks for who refers to a thing, which it does not see of what is frozen below
import pytest
import structlog
from structlog.stdlib import ProcessorFormatter

from chat.core.clock import now
from chat.core.settings import Settings, from_env
from chat.infra.store import folder, migrations
from tests import browser, compiled, guard, lasting, scratch  # noqa: F401 - reads LETHE_CHROMIUM before it is cleared
from tests.backups import elsewhere, vault  # noqa: F401 - as the next
from tests.chance import SEED
from tests.inside import anyio_backend, app, cheap_passwords, dear_passwords, house, services  # noqa: F401 - fixtures for whoever asks
from tests.lethe import Account, Lethe
from tests.post import post  # noqa: F401 - a fixture for whoever asks
from tests.services import PostgreSQL, Valkey


def pytest_configure(config: pytest.Config) -> None:
    """
    Shuts the way out, clears the settings, shares what is compiled, and lets SIGTERM end the fixtures as Ctrl-C does.
    """
    guard.install()
    scratch.settle()
    compiled.share()
    lasting.share()
    shares = config.getoption("dist", "no") != "no" and not hasattr(config, "workerinput")
    for name in [name for name in os.environ if name.startswith("LETHE_") and not shares]:
        del os.environ[name]  # but where tests are shared out, those who run them read the settings first
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # they start hundreds of times, and would be compiled each time
    os.environ["PYTHONPATH"] = str(Path(__file__).parent.parent)  # for programs of ours we start
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """
    What is loaded by the end of it stays to the end: a million objects. The collector leaves these alone from then on,
    as to look through them takes half a second each time; what a test makes is collected as ever.
    """
    gc.disable()
    done = yield
    gc.freeze()
    gc.enable()
    return done


def pytest_report_header() -> str:
    """What decides this run's chance."""
    return f"seed: TEST_SEED={SEED}"


@pytest.fixture(autouse=True)
def process_as_it_was() -> Iterator[None]:
    """Undo what a command of ours does to the process that runs it, which in a test is everybody's."""
    mask = os.umask(0)
    os.umask(mask)
    yield
    os.umask(mask)
    if structlog.is_configured():
        structlog.reset_defaults()
        root = logging.getLogger()
        root.handlers = [each for each in root.handlers if not isinstance(each.formatter, ProcessorFormatter)]


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    """The Valkey of this run; tests that stop or stall it start one of their own."""
    with Valkey() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """The PostgreSQL of this run."""
    with PostgreSQL() as server:
        yield server


@pytest.fixture
def redis_url(valkey: Valkey) -> str:
    """An empty Redis."""
    valkey.clear()
    return valkey.url


@pytest.fixture
def postgres_url(postgresql: PostgreSQL) -> Iterator[str]:
    """An empty PostgreSQL database, gone after the test with the key database beside it."""
    url = postgresql.clone()
    yield url
    postgresql.drop(url)
    postgresql.drop(f"{url}_keys")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite database that is not there yet."""
    return f"sqlite:///{tmp_path}/lethe.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The test runs twice: on SQLite, on PostgreSQL. Only the one asked for is started."""
    name = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]
    return str(request.getfixturevalue(name))


@pytest.fixture(scope="session")
def migrated(postgresql: PostgreSQL) -> str:
    """The template of a current database; that of its keys has `_keys` behind its name."""

    def fill(url: str) -> None:
        migrations.migrate(from_env({"LETHE_DATABASE_URL": url}))

    return postgresql.template("lethe", fill)


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """A server's settings, its folder and database made ready; the test runs on both databases."""
    environ = {"LETHE_DATA": str(tmp_path / "data")}
    if request.param == "postgresql":
        environ["LETHE_DATABASE_URL"] = request.getfixturevalue("migrated_url")
    made = from_env(environ)
    folder.prepare_data(made)
    if request.param == "sqlite":
        copytree(request.getfixturevalue("migrated_data"), made.data, dirs_exist_ok=True)
    return made


@pytest.fixture(scope="session")
def migrated_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a current SQLite database: copying it takes a hundredth of making one."""
    made = from_env({"LETHE_DATA": str(tmp_path_factory.mktemp("migrated"))})
    migrations.migrate(made)
    return made.data


@pytest.fixture(scope="session")
def one_database(postgresql: PostgreSQL, migrated: str) -> Iterator[str]:
    """A current PostgreSQL database that tests use one after another, with the key database beside it."""
    url = postgresql.clone(migrated)
    keys = postgresql.clone(f"{migrated}_keys", f"{url.rpartition('/')[2]}_keys")
    lasting.keep([url, keys])
    yield url
    lasting.keep([])


@pytest.fixture
def migrated_url(postgresql: PostgreSQL, one_database: str) -> str:
    """A current PostgreSQL database with nobody in it: emptying one takes a hundredth of making one."""
    postgresql.empty(f"{one_database}_keys", set())
    emptied = postgresql.empty(one_database, {"alembic_version"})
    # What another test had the server keep is not this one's.
    emptied.execute("INSERT INTO server (id, epoch, created_at) VALUES (1, 1, %s)", [now()])
    return one_database


@pytest.fixture(scope="session")
def embedded() -> Iterator[Lethe]:
    """A running server that is one process on SQLite; each test module has an account of its own on it."""
    with Lethe() as server:
        yield server


@pytest.fixture(scope="session")
def scaled(postgresql: PostgreSQL) -> Iterator[Lethe]:
    """A running server on PostgreSQL and Redis."""
    with Valkey() as redis, Lethe(DATABASE_URL=postgresql.clone(), REDIS_URL=redis.url) as server:
        yield server


@pytest.fixture(scope="module", params=["embedded", "scaled"])
def lethe(request: pytest.FixtureRequest) -> Lethe:
    """The module's tests run twice: on one process with SQLite, and on PostgreSQL and Redis."""
    server: Lethe = request.getfixturevalue(request.param)
    return server


@pytest.fixture(scope="module")
def account(lethe: Lethe) -> Account:
    """An account for this module on the server it asks for."""
    return lethe.account()
