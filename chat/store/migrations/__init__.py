"""Bringing a database to the current schema (Alembic, forward only)."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy import column, create_engine, inspect, select, table, text
from sqlalchemy.exc import DBAPIError

from chat.clock import now
from chat.errors import Misconfigured, Unavailable
from chat.settings import Settings
from chat.store import engine
from chat.store.keys import SlotTable
from chat.store.team import accounts

HEAD = "0001"
_version = table("alembic_version", column("version_num"))


def migrate(settings: Settings) -> str:
    """Bring the database to the current schema; return its revision. Misconfigured where it is newer than this code."""
    from alembic import command  # noqa: PLC0415 - three quarters of a second that only this command should pay
    from alembic.config import Config  # noqa: PLC0415 - as above

    current(settings.database_url)
    target = engine(settings.database_url)
    with target.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        accounts.begin(connection, now())
    target.dispose()
    if settings.keys_url.startswith("postgresql"):
        _prepare_keys(settings.keys_url)
    return HEAD


def current(url: str) -> str | None:
    """
    Return the database's revision, None where it is empty.

    Raises Misconfigured where this code does not know it, Unavailable where there is no answer.
    """
    target = engine(url)
    try:
        with target.begin() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            found = connection.execute(select(_version.c.version_num)).scalar()
    except DBAPIError as error:
        raise Unavailable(f"The database does not answer: {_said(error)}") from error
    finally:
        target.dispose()
    if found is not None and found > HEAD:
        raise Misconfigured(
            f"The database is at {found}, newer than this Lethe, which knows up to {HEAD}; run the newer Lethe"
        )
    return None if found is None else str(found)


def require_current(url: str) -> None:
    """Raise Misconfigured unless the database is at the schema of this code."""
    found = current(url)
    if found != HEAD:
        raise Misconfigured(f"The database is at {found or 'nothing yet'}, this Lethe needs {HEAD}; run lethe migrate")


def _prepare_keys(url: str) -> None:
    """Make the key database where it is missing and may be made."""
    parts = urlsplit(url)
    name = unquote(parts.path.lstrip("/"))
    server = create_engine(
        parts._replace(path="/postgres").geturl().replace("postgresql://", "postgresql+psycopg://", 1),
        isolation_level="AUTOCOMMIT",
    )
    try:
        with server.connect() as connection:
            known = connection.execute(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}).scalar()
            if not known:
                quoted = connection.dialect.identifier_preparer.quote(name)
                connection.execute(text(f"CREATE DATABASE {quoted}"))
    except DBAPIError as error:
        raise Misconfigured(
            f"The key database {name} is missing and may not be made here; create it, or set LETHE_KEYS_URL"
        ) from error
    finally:
        server.dispose()
    slots = SlotTable(url)
    slots.prepare()
    slots.close()


def _said(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0]
