"""Agents who are named in notes that they have not seen yet."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select

from chat.contacts.schema import contact
from chat.contacts.store import contacts
from chat.infra.store.tx import Tx
from chat.infra.store.upsert import insert_of
from chat.tickets.schema import mention, ticket
from chat.tickets.store.tickets import Departments, seen

MOST = 200
"""So many are shown."""


def put(tx: Tx, named: Sequence[tuple[str, int, int]], at: int) -> None:
    """Note for each agent the ticket, by key, and the note that names them. The first that they have not seen stays."""
    rows = [{"agent_id": agent, "ticket_id": ticket_id, "note": note, "at": at} for agent, ticket_id, note in named]
    if rows:
        tx.execute(insert_of(tx, mention).values(rows).on_conflict_do_nothing())


def of_agent(tx: Tx, agent_id: str, departments: Departments) -> list[tuple[int, int, int]]:
    """Return number, note and time of what an agent has not seen, of tickets that they see, the newest first."""
    query = (
        select(ticket.c.number, mention.c.note, mention.c.at)
        .join(ticket, ticket.c.id == mention.c.ticket_id)
        .join(contact, contact.c.id == ticket.c.contact_id)
        .where(mention.c.agent_id == agent_id, seen(departments), contacts.readable)
        .where(ticket.c.purged_at.is_(None), ticket.c.status != "trash")
    )
    found = tx.execute(query.order_by(mention.c.at.desc(), mention.c.ticket_id.desc()).limit(MOST))
    return [(row.number, row.note, row.at) for row in found]


def drop(tx: Tx, agent_id: str, ticket_id: int) -> None:
    """Forget that an agent is named in a ticket."""
    this = (mention.c.agent_id == agent_id) & (mention.c.ticket_id == ticket_id)
    tx.execute(delete(mention).where(this))
