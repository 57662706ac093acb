"""Bringing a database to the current schema (Alembic, forward only)."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy import column, create_engine, inspect, make_url, select, table, text
from sqlalchemy.exc import DBAPIError

from chat.core.clock import now
from chat.core.errors import Misconfigured, Unavailable
from chat.core.settings import Settings
from chat.infra.keys.slots import SlotTable
from chat.infra.ledger.lines import LineTable
from chat.infra.store import backups, engine, server
from chat.infra.store.unhurried import unhurried

HEAD = "0057_sealed_tags"
_version = table("alembic_version", column("version_num"))


def migrate(settings: Settings, revision: str = HEAD) -> str:
    """
    Bring the database to the current schema, or to an earlier `revision`, and return it. Misconfigured where it is
    newer than this code.
    """
    from alembic import command  # noqa: PLC0415 - three quarters of a second that only this command should pay
    from alembic.config import Config  # noqa: PLC0415 - as above

    current(settings.database_url)
    target = engine(settings.database_url)
    try:
        # Not within the usual limit of an answer: to bring a large table forward may take minutes.
        with target.begin() as connection, unhurried(connection):
            config = Config()
            config.set_main_option("script_location", str(Path(__file__).parent))
            config.attributes |= {"connection": connection, "settings": settings}
            command.upgrade(config, "head" if revision == HEAD else revision)
            server.begin(connection, now())
    finally:
        target.dispose()
    prepare_keys(settings)
    return revision


def current(url: str) -> str | None:
    """
    Return the database's revision, None where it is empty.

    Raises Misconfigured where this code does not know it, Unavailable where there is no answer.
    """
    return _looked_at(url)[0]


def knows(revision: str) -> bool:
    """Whether this code can bring a database from a revision to the current one."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as in `migrate`

    return any(each.revision == revision for each in ScriptDirectory(str(Path(__file__).parent)).walk_revisions())


def require_current(url: str, *, restoring: bool = False) -> None:
    """Raise Misconfigured unless the database is at the schema of this code, and, but for `restoring`, all restored."""
    found, restoring_now = _looked_at(url)
    if found is None:
        raise Misconfigured("There is no database here yet; run lethe init to make it, with an account and its owner")
    if found != HEAD:
        raise Misconfigured(f"The database is at {found}, this Lethe needs {HEAD}; run lethe migrate")
    if restoring_now and not restoring:
        raise Misconfigured("A restore has not finished here, so nothing may be read yet; run lethe restore again")


def _looked_at(url: str) -> tuple[str | None, bool]:
    """Return the revision as `current` does, and whether a restore is under way, which only the newest one knows."""
    if url.startswith("sqlite") and not Path(make_url(url).database or "").exists():
        return None, False  # to look would be to make it
    target = engine(url, begin="BEGIN")
    try:
        with target.begin() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None, False
            found = connection.execute(select(_version.c.version_num)).scalar()
            restoring = found == HEAD and backups.restore_under_way(connection) is not None
    except DBAPIError as error:
        raise Unavailable(f"The database does not answer: {_said(error)}") from error
    finally:
        target.dispose()
    # Names of revisions begin with four digits, so they sort as they follow each other.
    if found is not None and found > HEAD:
        raise Misconfigured(
            f"The database is at {found}, newer than this Lethe, which knows up to {HEAD}; run the newer Lethe"
        )
    return None if found is None else str(found), restoring


def prepare_keys(settings: Settings) -> None:
    """Make the key database, where one is set and it is missing and may be made."""
    url = settings.keys_url
    if not url.startswith("postgresql"):
        return
    from chat.infra.store.patient import make_patient  # noqa: PLC0415 - psycopg is loaded only where there is PostgreSQL

    parts = urlsplit(url)
    name = unquote(parts.path.lstrip("/"))
    postgres = create_engine(
        parts._replace(path="/postgres").geturl().replace("postgresql://", "postgresql+psycopg://", 1),
        isolation_level="AUTOCOMMIT",
    )
    make_patient(postgres)
    try:
        with postgres.connect() as connection:
            known = connection.execute(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}).scalar()
            if not known:
                quoted = connection.dialect.identifier_preparer.quote(name)
                connection.execute(text(f"CREATE DATABASE {quoted}"))
    except DBAPIError as error:
        raise Misconfigured(
            f"The key database {name} is missing and may not be made here; create it, or set LETHE_KEYS_URL"
        ) from error
    finally:
        postgres.dispose()
    for each in (SlotTable(url), LineTable(url)):
        each.prepare()
        each.close()


def _said(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0]
