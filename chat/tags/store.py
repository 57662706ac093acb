"""Tags as the tickets have them: counted, and changed in some tickets at a time."""

from __future__ import annotations

import json
from collections import Counter

from sqlalchemy import ColumnElement, Text, cast, func, select, update

from chat.core.model import Ticket
from chat.infra.store.tx import Tx
from chat.tickets.schema import HAS_TAGS, ticket
from chat.tickets.store.tickets import Departments, has_tag, seen, ticket_of


def count_all(tx: Tx, account_id: str, departments: Departments) -> dict[str, int]:
    """Return in how many of the tickets that are seen each tag is, by name."""
    # By the list as it is stored: there are far fewer of these than tickets, and few are to be taken apart.
    stored = cast(ticket.c.tags, Text)
    query = select(stored, func.count()).where(*_mine(account_id, departments), HAS_TAGS).group_by(stored)
    found: Counter[str] = Counter()
    for tags, count in tx.execute(query):
        found.update(dict.fromkeys(map(str, json.loads(tags)), int(count)))
    return dict(sorted(found.items()))


def replace_some(
    tx: Tx, account_id: str, departments: Departments, name: str, new: str | None, most: int
) -> list[Ticket]:
    """Give up to `most` tickets with a tag another, or none, instead, and return them."""
    query = select(ticket).where(*_mine(account_id, departments), has_tag(tx, name))
    found = [ticket_of(row) for row in tx.execute(query.order_by(ticket.c.id).limit(most).with_for_update())]
    for each in found:
        tags = [new if tag == name else tag for tag in each.tags]
        kept = list(dict.fromkeys(tag for tag in tags if tag is not None))
        # Nothing was said or done in it, so it stays where it is in lists, and ages as it did.
        tx.execute(update(ticket).where(ticket.c.id == each.id).values(tags=kept))
    return found


def _mine(account_id: str, departments: Departments) -> tuple[ColumnElement[bool], ...]:
    return ticket.c.account_id == account_id, ticket.c.purged_at.is_(None), seen(departments)
