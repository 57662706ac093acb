"""Tickets whose visitor has waited for long, and of which wait agents were mailed."""

from __future__ import annotations

from dataclasses import fields

from sqlalchemy import BigInteger, ColumnElement, and_, exists, literal, or_, select

from chat.account.schema import account
from chat.contacts.schema import contact
from chat.contacts.store import contacts
from chat.core.clock import DAY
from chat.core.model import Ticket
from chat.infra.store.tx import Tx
from chat.infra.store.upsert import insert_of
from chat.tickets.schema import IS_OPEN, ticket
from chat.tickets.store.tickets import ticket_of
from chat.waiting_mail.domain import MINUTE, WAITING_MINUTES
from chat.waiting_mail.schema import waiting_mail

FRESH = 2 * DAY
"""Who has waited longer is old news: no sweep looks for them."""
_columns = [ticket.c[field.name] for field in fields(Ticket)]


def list_due(tx: Tx, now: int, limit: int) -> list[Ticket]:
    """
    Return the open tickets whose visitor has waited for the account's minutes without anybody being mailed of it, the
    longest wait first. What is quarantined, snoozed, held by law or withdrawn is none of them.
    """
    waited = literal(now, BigInteger) - account.c[WAITING_MINUTES.name] * literal(MINUTE, BigInteger)
    query = (
        select(*_columns)
        .join(account, account.c.id == ticket.c.account_id)
        .join(contact, contact.c.id == ticket.c.contact_id)
        .where(account.c[WAITING_MINUTES.name] > 0, ticket.c.waiting_since <= waited, _waits(now))
        .where(ticket.c.waiting_since > now - FRESH, contacts.readable)
    )
    return [ticket_of(row) for row in tx.execute(query.order_by(ticket.c.waiting_since).limit(limit))]


def claim(tx: Tx, waits: Ticket, now: int, again_at: int | None) -> bool:
    """Note that agents are mailed of a wait, or look again at a time; False where it is over or another was quicker."""
    # Locked: of two processes that sweep at once the second finds what the first noted.
    same = (ticket.c.id == waits.id) & (ticket.c.waiting_since == waits.waiting_since)
    if tx.execute(select(ticket.c.id).where(same, _waits(now)).with_for_update()).first() is None:
        return False
    said = {"since": waits.waiting_since, "again_at": again_at}
    new = insert_of(tx, waiting_mail).values(ticket_id=waits.id, **said)
    tx.execute(new.on_conflict_do_update(index_elements=["ticket_id"], set_=said))
    return True


def _waits(now: int) -> ColumnElement[bool]:
    noted = waiting_mail.c.ticket_id == ticket.c.id, waiting_mail.c.since == ticket.c.waiting_since
    over = or_(waiting_mail.c.again_at.is_(None), waiting_mail.c.again_at > now)
    shown = and_(IS_OPEN, ticket.c.purged_at.is_(None), ticket.c.snoozed_until.is_(None))
    return and_(shown, ticket.c.held < ticket.c.last_seq, ~exists().where(*noted, over))
