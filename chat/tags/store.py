"""Tags as the tickets have them: counted, and the tickets that have one."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import ColumnElement, Table, func, select

from chat.contacts.schema import contact
from chat.contacts.store import contacts
from chat.core.model import Contact, Ticket
from chat.infra.store.tx import Tx
from chat.tickets.schema import ticket, ticket_tag
from chat.tickets.store.tickets import Departments, seen, ticket_of


class CountedTag(NamedTuple):
    """A tag (an id), in how many tickets it is, and the keys of the last and the first of them."""

    tag: str
    tickets: int
    last: int
    first: int


def count_all(tx: Tx, account_id: str, departments: Departments, tag: str | None = None) -> list[CountedTag]:
    """Return the tags of the tickets that are seen, or one of them."""
    of = ticket_tag.c.ticket_id
    query = select(ticket_tag.c.tag, func.count(), func.max(of), func.min(of)).where(_mine(ticket_tag, account_id))
    if departments is not None:  # else it reads one index, and no ticket
        query = query.join(ticket, ticket.c.id == of).where(seen(departments))
    if tag is not None:
        query = query.where(ticket_tag.c.tag == tag)
    return [CountedTag(*row) for row in tx.execute(query.group_by(ticket_tag.c.tag))]


def tagged(tx: Tx, account_id: str, departments: Departments, tag: str, most: int) -> list[int]:
    """Return the keys of up to `most` tickets that are seen and have a tag, the first ones."""
    of = ticket_tag.c.ticket_id
    query = select(of).join(ticket, ticket.c.id == of).where(_mine(ticket_tag, account_id), seen(departments))
    return list(tx.execute(query.where(ticket_tag.c.tag == tag).order_by(of).limit(most)).scalars())


def some(tx: Tx, account_id: str, ids: Collection[int], *, lock: bool = False) -> list[tuple[Ticket, Contact]]:
    """Return tickets of an account in the order of their keys, locked where they are to be changed, with whose."""
    there = ticket.c.id.in_(ids) & _mine(ticket, account_id) & ticket.c.purged_at.is_(None)
    query = select(ticket).where(there).order_by(ticket.c.id)
    found = [ticket_of(row) for row in tx.execute(query.with_for_update() if lock else query)]
    theirs = contact.c.id.in_({each.contact_id for each in found}) & _mine(contact, account_id)
    owners = {each.id: each for each in contacts.some(tx, select(*contacts.columns).where(theirs))}
    return [(each, owners[each.contact_id]) for each in found if each.contact_id in owners]


def _mine(table: Table, account_id: str) -> ColumnElement[bool]:
    return table.c.account_id == account_id
