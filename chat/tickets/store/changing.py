"""A ticket while it is changed: locked, and with a note of the bulk change, so that sent again none changes twice."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import delete, exists, insert, select

from chat.core.errors import NotFound
from chat.core.model import Ticket
from chat.infra.store.tx import Tx
from chat.tickets.schema import bulk_change, ticket
from chat.tickets.store.tickets import ticket_of

Once = Callable[[Tx, Ticket], bool]
"""Says of a ticket that is locked whether a change is to be made to it. May raise what refuses it."""


def always(_: Tx, __: Ticket) -> bool:
    """Make it, whatever was before."""
    return True


def lock(tx: Tx, ticket_id: int) -> Ticket:
    """Return a ticket as it is until the transaction ends. Raises NotFound where it went meanwhile."""
    mine = (ticket.c.id == ticket_id) & ticket.c.purged_at.is_(None)
    row = tx.execute(select(ticket).where(mine).with_for_update()).first()
    if row is None:
        raise NotFound("No such ticket")
    return ticket_of(row)


def enter(tx: Tx, changed: Ticket, bulk_id: str, at: int) -> bool:
    """Note a change of a ticket, which is locked, and return whether it is new."""
    row = {"account_id": changed.account_id, "id": bulk_id, "number": changed.number}
    same = [bulk_change.c[name] == value for name, value in row.items()]
    if tx.execute(select(exists().where(*same))).scalar():
        return False
    tx.execute(insert(bulk_change).values(**row, at=at))
    return True


def drop_before(tx: Tx, at: int) -> int:
    """Forget what was changed before, and return how many there were."""
    return tx.execute(delete(bulk_change).where(bulk_change.c.at < at)).rowcount
