"""Every value of every table of a database, whoever made it, as bytes: for `lethe residue`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Select, column, inspect, select, table, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from chat.core.errors import Unavailable
from chat.infra.store import engine
from chat.infra.store.tx import Tx

ROWS = 500
APART = b"\x00\n"


def values(url: str) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield each column of each table as `table.column` and its values in pieces. Raises Unavailable."""
    target = engine(url, begin="BEGIN")
    try:
        with target.connect() as tx:
            for schema in _schemas(tx):
                for name in inspect(tx).get_table_names(schema):
                    for each in inspect(tx).get_columns(name, schema):
                        yield f"{name}.{each['name']}", _column(tx, schema, name, each["name"])
    except DBAPIError as error:
        raise Unavailable("The database is not available just now") from error
    finally:
        target.dispose()


def files(url: str) -> list[Path]:
    """Return the files and folders that the database's bytes are in, if they can be reached from here."""
    if url.startswith("sqlite"):
        path = make_url(url).database
        return [each for end in ("", "-wal", "-shm", "-journal") if (each := Path(f"{path}{end}")).exists()]
    target = engine(url)
    try:
        with target.connect().execution_options(isolation_level="AUTOCOMMIT") as plain:
            folder = Path(str(plain.execute(text("SELECT current_setting('data_directory', true)")).scalar()))
            # What the server holds in memory goes into its files, which are read next.
            plain.execute(text("CHECKPOINT"))
    except DBAPIError:
        return []  # not ours to ask: then the rows must do
    finally:
        target.dispose()
    return [folder] if os.access(folder, os.R_OK | os.X_OK) else []


def _schemas(tx: Tx) -> list[str | None]:
    if tx.dialect.name == "sqlite":
        return [None]
    hidden = {"information_schema", "pg_catalog", "pg_toast"}
    return [each for each in inspect(tx).get_schema_names() if each not in hidden]


def _column(tx: Tx, schema: str | None, name: str, key: str) -> Iterator[bytes]:
    query: Select[Any] = select(column(key)).select_from(table(name, schema=schema)).execution_options(yield_per=ROWS)
    for rows in tx.execute(query).partitions():
        yield APART.join(_bytes(row[0]) for row in rows) + APART


def _bytes(value: Any) -> bytes:
    if isinstance(value, (bytes, memoryview)):
        return bytes(value)
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False).encode()
    return str(value).encode(errors="surrogateescape")
