"""The fields of an account's tickets, as one list in their order."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import select, update

from chat.infra.store.tx import Tx
from chat.infra.store.upsert import once
from chat.ticket_fields.domain import TicketField
from chat.ticket_fields.schema import ticket_fields


def of_account(tx: Tx, account_id: str, *, lock: bool = False) -> list[TicketField]:
    """Return the fields of an account's tickets in their order, none where none were defined."""
    query = select(ticket_fields.c.fields).where(ticket_fields.c.account_id == account_id)
    found = tx.execute(query.with_for_update() if lock else query).scalar()
    return msgspec.convert(found or [], list[TicketField])


def prepare(tx: Tx, account_id: str, at: int) -> None:
    """Let there be a row to lock, so that of two who change the fields the second sees what the first did."""
    once(tx, ticket_fields, {"account_id": account_id, "fields": [], "changed_at": at})


def put(tx: Tx, account_id: str, fields: Sequence[TicketField], at: int) -> None:
    """Set the fields of an account that has a row."""
    mine = ticket_fields.c.account_id == account_id
    tx.execute(update(ticket_fields).where(mine).values(fields=msgspec.to_builtins(fields), changed_at=at))
