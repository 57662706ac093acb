"""What is held of a contact, table by table, as the schema says it: what an export gives, and the rows in chunks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Select, Table, func, select, tuple_

from chat.core.locations import DataLocation
from chat.infra.store import locations
from chat.infra.store.columns import AGENT, metadata, serial
from chat.infra.store.tx import Tx
from chat.tickets.schema import ticket

Row = dict[str, Any]
RowKey = tuple[Any, ...]
NUMBER = "ticket_number"


@dataclass(frozen=True)
class Value:
    """A column that is given under `name`. `kind`: plain, time (ms), agent (an id) or sealed, then as `opens`."""

    name: str
    column: str
    kind: str
    opens: str = ""


@dataclass(frozen=True)
class Holding:
    """A table about a contact: what is given of each row, and what is `withheld`, by column, with the reason."""

    name: str
    location: DataLocation
    values: tuple[Value, ...]
    withheld: dict[str, str]
    setting: str
    key: tuple[str, ...]


def holdings(known: MetaData = metadata) -> list[Holding]:
    """Return every table about a contact, the contact's own first. A new one is here by what it says of itself."""
    return [_holding(table) for table in reversed(locations.of_contacts(known))]


def page(tx: Tx, name: str, contact_id: int, after: RowKey, limit: int, known: MetaData = metadata) -> list[Row]:
    """
    Return up to `limit` rows of a contact behind the key `after`, nothing of tickets that are being deleted for good;
    each with its ticket's number where it has a ticket.
    """
    table = known.tables[name]
    key = tuple(table.primary_key)
    if "ticket_id" in table.c and key[0].name == "ticket_id":
        return _by_ticket(tx, table, contact_id, after, limit)
    query = _rows(table).where(locations.rows_of(table, contact_id))
    if after:
        query = query.where(tuple_(*key) > after)
    return [dict(row) for row in tx.execute(query.order_by(*key).limit(limit)).mappings()]


def count(tx: Tx, name: str, contact_id: int) -> int:
    """Return how many rows of a contact a table has."""
    table = metadata.tables[name]
    return int(
        tx.execute(select(func.count()).select_from(table).where(locations.rows_of(table, contact_id))).scalar_one()
    )


def said(tx: Tx, contact_id: int) -> int:
    """Return how many messages and notes a contact's tickets have, without counting them one by one."""
    total = func.coalesce(func.sum(ticket.c.last_seq + ticket.c.last_note), 0)
    return int(tx.execute(select(total).where(ticket.c.contact_id == contact_id)).scalar_one())


def _by_ticket(tx: Tx, table: Table, contact_id: int, after: RowKey, limit: int) -> list[Row]:
    """Go ticket by ticket: across them the database would sort all that a contact wrote for each chunk."""
    mine = select(ticket.c.id).where(ticket.c.contact_id == contact_id).order_by(ticket.c.id)
    found: list[Row] = []
    for each in tx.execute(mine.where(ticket.c.id >= after[0]) if after else mine).scalars().all():
        rest = tuple(table.primary_key)[1:]
        query = _rows(table).where(table.c.ticket_id == each).order_by(*rest).limit(limit - len(found))
        if after and each == after[0]:
            query = query.where(tuple_(*rest) > after[1:])
        found += [dict(row) for row in tx.execute(query).mappings()]
        if len(found) == limit:
            break
    return found


def _rows(table: Table) -> Select[Any]:
    if table.name == ticket.name:
        return select(table, table.c.number.label(NUMBER)).where(table.c.purged_at.is_(None))
    if "ticket_id" not in table.c:
        return select(table)
    joined = table.outerjoin(ticket, ticket.c.id == table.c.ticket_id)
    return select(table, ticket.c.number.label(NUMBER)).select_from(joined).where(ticket.c.purged_at.is_(None))


def _holding(table: Table) -> Holding:
    made = [_value(column) for column in table.columns if not column.info.get("withheld")]
    return Holding(
        str(table.name),
        locations.location_of(table),
        tuple(each for each in made if each is not None),
        {str(c.name): c.info["withheld"] for c in table.columns if c.info.get("withheld")},
        table.info.get("setting", ""),
        tuple(str(column.name) for column in table.primary_key),
    )


def _value(column: Column[Any]) -> Value | None:
    """Return how a column is given, or None for keys of rows and whatever else is the machine's own."""
    name, context = str(column.name), column.info.get("context", "")
    if name == "ticket_id":
        return Value("ticket", NUMBER, "plain")
    if context == AGENT:
        return Value(name.removesuffix("_id"), name, "agent")
    if isinstance(column.type, LargeBinary):
        return Value(name, name, "sealed", context) if context else None
    if column.foreign_keys or column.type is serial or column.info.get("inner"):
        return None
    timed = isinstance(column.type, BigInteger) and (name == "at" or name.endswith("_at"))
    return Value(name, name, "time" if timed else "plain")
