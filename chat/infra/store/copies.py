"""
Every row out of one database and into another, SQLite or PostgreSQL alike.

Rows, not pages: a copy of pages would carry what was deleted in their gaps.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    LargeBinary,
    Table,
    column,
    func,
    insert,
    inspect,
    select,
    table,
)
from sqlalchemy import text as sql
from sqlalchemy.types import TypeEngine

from chat.infra.store.columns import metadata
from chat.infra.store.tx import Tx

Shape = list[tuple[str, str]]
CHUNK = 1000
KINDS: dict[str, TypeEngine[Any] | None] = {
    "": None,
    "bytes": LargeBinary(),
    "json": JSON(none_as_null=True),
    "bool": Boolean(create_constraint=False),
}
UNCOUNTED = """
INSERT INTO sqlite_sequence (name, seq) SELECT :name, :last
WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = :name)
"""
BOOKKEEPING = {"server", "alembic_version", "sqlite_sequence"}


def freeze(tx: Tx) -> None:
    """Let a transaction that has read nothing yet see one moment of the whole database."""
    if tx.dialect.name == "postgresql":
        # A transaction on SQLite that reads sees one moment anyhow.
        tx.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def saved() -> list[Table]:
    """Return the tables that a backup holds, each after those it points at."""
    return [each for each in metadata.sorted_tables if each.info.get("saved", True)]


def shape(of: Table) -> Shape:
    """Return a table's columns, each with its kind, one of KINDS."""
    return [(str(each.name), _kind(each)) for each in of.columns]


def rows(tx: Tx, of: Table) -> Iterator[bytes]:
    """Yield each row as a line of JSON: a list, bytes in base64."""
    for row in tx.execute(select(of).order_by(*of.primary_key).execution_options(yield_per=CHUNK)):
        yield msgspec.json.encode(list(row)) + b"\n"


def counters(tx: Tx) -> dict[str, int]:
    """Return the last key given out by each table that never gives one twice."""
    if tx.dialect.name == "sqlite":
        return {row[0]: row[1] for row in tx.exec_driver_sql("SELECT name, seq FROM sqlite_sequence")}
    given = sql("SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(:name, :key)), 0)")
    of = [{"name": name, "key": key} for name, key in _counted().items()]
    return {each["name"]: int(tx.execute(given, each).scalar() or 0) for each in of}


def load(tx: Tx, name: str, of: Shape, lines: Iterable[bytes]) -> Iterator[int]:
    """Insert rows, and yield after each thousand how many there are by now."""
    # By the columns that the backup names, not by today's schema: it may be of an older one.
    into = table(name, *(column(each, KINDS[kind]) for each, kind in of))
    in_base64 = [number for number, (_, kind) in enumerate(of) if kind == "bytes"]
    names, count, coming = [each for each, _ in of], 0, iter(lines)
    while found := [_row(names, in_base64, line) for line in islice(coming, CHUNK)]:
        tx.execute(insert(into), found)
        count += len(found)
        yield count


def count_on(tx: Tx, given: dict[str, int], names: Iterable[str]) -> None:
    """Never give out again a key that was given before in one of these tables."""
    counted = _counted()
    for name in {*names} & {*counted}:
        key = counted[name]
        # The ledger names rows by these keys: given out again, an old line of it would take away what is somebody
        # else's.
        there = tx.execute(select(func.max(column(key))).select_from(table(name))).scalar() or 0
        values = {"name": name, "key": key, "last": max(there, given.get(name, 0))}
        if tx.dialect.name == "sqlite":
            tx.execute(sql("UPDATE sqlite_sequence SET seq = :last WHERE name = :name"), values)
            tx.execute(sql(UNCOUNTED), values)
        elif values["last"]:
            tx.execute(sql("SELECT setval(pg_get_serial_sequence(:name, :key), :last)"), values)


def is_empty(tx: Tx) -> bool:
    """Whether no table here has a row, whoever made it, but for the server's own."""
    known = {*inspect(tx).get_table_names()} - BOOKKEEPING
    return not any(tx.execute(select(sql("1")).select_from(table(each)).limit(1)).first() for each in known)


def drop(tx: Tx) -> None:
    """Drop every table of ours, so that they can be made at the schema of a backup."""
    metadata.drop_all(tx)
    tx.execute(sql("DROP TABLE IF EXISTS alembic_version"))


def broken(tx: Tx) -> int:
    """Count rows that point at nothing. PostgreSQL has none, as it looks at each that comes in."""
    return len(tx.exec_driver_sql("PRAGMA foreign_key_check").all()) if tx.dialect.name == "sqlite" else 0


def counts(tx: Tx, names: Iterable[str]) -> dict[str, int]:
    """Return how many rows each of these tables has."""
    return {each: tx.execute(select(func.count()).select_from(table(each))).scalar_one() for each in names}


def _counted() -> dict[str, str]:
    """Return the key of each table that never gives one twice."""
    keys = ((each, key) for each in metadata.sorted_tables for key in each.primary_key)
    return {str(each.name): str(key.name) for each, key in keys if key is each.autoincrement_column}


def _kind(of: Column[Any]) -> str:
    kinds: dict[type[TypeEngine[Any]], str] = {LargeBinary: "bytes", JSON: "json", Boolean: "bool"}
    return next((kind for each, kind in kinds.items() if isinstance(of.type, each)), "")


def _row(names: list[str], in_base64: list[int], line: bytes) -> dict[str, Any]:
    found = msgspec.json.decode(line)
    for number in in_base64:
        if found[number] is not None:
            found[number] = b64decode(found[number])
    return dict(zip(names, found, strict=True))
