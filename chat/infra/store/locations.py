"""What the schema says of itself: its tables in the order they are erased, and which rows are a contact's."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, ForeignKey, LargeBinary, MetaData, Table, select

from chat.core.locations import DataLocation, Field
from chat.infra.store.columns import metadata

CONTACT, AGENT = "contact", "agent"
"""The table that all tables about a contact reach, and that which all about an agent do that go with one."""


def tables(known: MetaData = metadata) -> list[DataLocation]:
    """Return every table as a data location. `problems` finds the columns that say too little."""
    return [location_of(table) for table in known.sorted_tables]


def location_of(table: Table) -> DataLocation:
    """Return a table as a data location."""
    said = table.info
    fields = tuple(_field(table, column) for column in table.columns if column.info.get("personal"))
    return DataLocation(
        str(table.name), "table", said.get("about", ""), said.get("why", ""), said.get("kept", ""), fields
    )


def problems(known: MetaData = metadata) -> list[str]:
    """
    Return what the schema leaves unsaid, or says of a table that erasure does not reach, or empty where it is whole.
    """
    found = [fault for place in tables(known) for fault in place.problems]
    for table in known.sorted_tables:
        if table.info.get("about") in {"contact", "agent", "recipient"}:
            found += [
                f"{table.name}.{c.name} does not say what it holds" for c in table.columns if "personal" not in c.info
            ]
        found += [f"{table.name}.{c.name} is sealed and does not say what it opens as" for c in _unopened(table)]
        if _path(table) is None and table.info.get("about") == "contact":
            found.append(f"{table.name} is about a contact and does not go with one")
        if _path(table) is not None and table.info.get("about") != "contact":
            found.append(f"{table.name} goes with a contact and does not say that it is about one")
    return found


def of_contacts(known: MetaData = metadata) -> list[Table]:
    """Return the tables about a contact, the furthest from `contact` first: the order in which they are erased."""
    return [table for table in reversed(known.sorted_tables) if table.info.get("about") == "contact"]


def of_agents(known: MetaData = metadata) -> list[Table]:
    """
    Return the tables whose rows go with an agent, the furthest from `agent` first. What is about agents and not among
    them outlives them in ids: the audit log.
    """
    return [table for table in reversed(known.sorted_tables) if _path(table, AGENT) is not None]


def below(top: Table, known: MetaData = metadata) -> list[tuple[Table, Column[Any]]]:
    """Return the tables whose rows go with those of `top`, each with the column that says with which."""
    keys = [(table, key) for table in reversed(known.sorted_tables) for key in table.foreign_keys]
    return [(table, key.parent) for table, key in keys if key.column.table is top and key.ondelete == "CASCADE"]


def rows_of(table: Table, key: int | str, top: str = CONTACT) -> ColumnElement[bool]:
    """
    Return the condition for the rows of the contact, or agent, with a key in the table `top`: by the shortest way of
    cascading keys.
    """
    if table.name == top:
        return table.c.id == key
    path = _path(table, top)
    if not path:
        raise LookupError(f"{table.name} does not reach a row of {top}")
    held, target = path[0], _key_of(path[0], top).column
    if target.table.name == top:
        return held == key
    return held.in_(select(target).where(rows_of(target.table, key, top)))


def _key_of(column: Column[Any], top: str) -> ForeignKey:
    """Return the key of a column that leads to `top`."""
    return next(each for each in column.foreign_keys if _path(each.column.table, top) is not None)


def _unopened(table: Table) -> list[Column[Any]]:
    """Return what is sealed under a contact's key and says neither its context nor why no export gives it."""
    if table.info.get("about") != "contact":
        return []
    sealed = (each for each in table.columns if each.info.get("personal") and isinstance(each.type, LargeBinary))
    return [each for each in sealed if not each.info.get("context") and not each.info.get("withheld")]


def _path(table: Table, top: str = CONTACT) -> list[Column[Any]] | None:
    """Return the columns that lead from a table to `top`, nothing for that itself, None where none do."""
    if table.name == top:
        return []
    ways = []
    for key in table.foreign_keys:
        further = _path(key.column.table, top) if key.ondelete == "CASCADE" and key.column.table is not table else None
        if further is not None:
            ways.append([key.parent, *further])
    return min(ways, key=len, default=None)


def _field(table: Table, column: Column[Any]) -> Field:
    said, whole = column.info, table.info
    return Field(
        str(column.name),
        said["personal"],
        said.get("purpose") or whole.get("why", ""),
        said.get("basis") or whole.get("basis", ""),
        sealed=isinstance(column.type, LargeBinary),
    )
