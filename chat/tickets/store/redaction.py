"""What agents take away: one message or attachment at a time, and whole tickets for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import delete, insert, select, tuple_, update

from chat.attachments import store as uploads
from chat.contacts.schema import contact
from chat.core.errors import NotFound
from chat.core.model import Attachment, Message, Ticket
from chat.infra.store import locations
from chat.infra.store.tx import Tx
from chat.spam_filter.store import labels
from chat.tickets.schema import message, ticket, ticket_tag
from chat.tickets.store.tickets import ticket_of

CHUNK = 200
_columns = tuple(message.c[field.name] for field in fields(Message))


def redact(
    tx: Tx, ticket_id: int, seq: int, at: int, part: str | None = None, *, aged: bool = False
) -> tuple[Message, list[Attachment], bool]:
    """
    Empty a message, or take one attachment (`part`) from it, and enter that under a number of its own. What goes
    because it has `aged` makes its ticket no younger.

    Returns the entry, the attachments whose files are to go, and whether it was done before. Raises NotFound.
    """
    stands = tx.execute(select(ticket).where(ticket.c.id == ticket_id).with_for_update()).first()
    here = message.c.ticket_id == ticket_id
    row = tx.execute(select(*_columns).where(here, message.c.seq == seq, message.c.target.is_(None))).first()
    if stands is None or row is None:
        raise NotFound("No such message")
    same = (message.c.part == part) if part else message.c.part.is_(None)
    taken = here & (message.c.target == seq) & message.c.edited_at.is_(None)
    before = tx.execute(select(*_columns).where(taken, same)).first()
    if before is not None:
        return Message(*before), [], True
    files = uploads.of_messages(tx, ticket_id, [seq]).get(seq, [])
    gone = [each for each in files if part in {None, each.id}]
    uploads.drop(tx, [each.id for each in gone])
    if part is None:
        # Emptied and not deleted: numbers have no gap, and whoever follows them takes one for something that was
        # missed.
        tx.execute(update(message).where(here, message.c.seq == seq).values(body=b"", score=None, redacted_at=at))
        labels.drop_one(tx, ticket_id, seq)
    entry = entry_of(Message(*row), stands.last_seq + 1, at, part=part)
    tx.execute(insert(message).values({field.name: getattr(entry, field.name) for field in fields(Message)}))
    tx.execute(update(ticket).where(ticket.c.id == ticket_id).values(**stands_after(stands, entry, aged=aged)))
    return entry, gone, False


def entry_of(
    target: Message,
    seq: int,
    at: int,
    *,
    part: str | None = None,
    cid: bytes | None = None,
    edited_at: int | None = None,
    held: bool | None = None,
) -> Message:
    """Return the entry, under the number `seq`, that says what became of a message."""
    return Message(
        ticket_id=target.ticket_id,
        seq=seq,
        contact_id=target.contact_id,
        author="system",
        cid=cid or uuid4().bytes,
        agent_id=None,
        body=b"",
        at=at,
        score=None,
        held=target.held if held is None else held,
        target=target.seq,
        part=part,
        edited_at=edited_at,
    )


def stands_after(before: Any, entry: Message, *, aged: bool = False) -> dict[str, int]:
    """Return a ticket's numbers after such an entry: it is nothing to read, so who had read all still has."""
    last = entry.seq - 1
    numbers = {name: getattr(before, name) for name in ("agent_read", "visitor_read", "held")}
    read = {name: entry.seq if numbers[name] == last else numbers[name] for name in ("agent_read", "visitor_read")}
    changed = before.updated_at if aged else entry.at
    return {"last_seq": entry.seq, "held": numbers["held"] + entry.held, "updated_at": changed, **read}


class TicketToPurge(NamedTuple):
    """A ticket that is to be deleted, and whose it is."""

    ticket_id: int
    account_id: str
    contact_id: int
    contact_uid: str


def mark_for_deletion(tx: Tx, ids: Sequence[int], at: int) -> None:
    """Mark tickets so that nobody sees them any more and the sweep deletes them."""
    tx.execute(update(ticket).where(ticket.c.id.in_(ids)).values(status="trash", purged_at=at))
    tx.execute(delete(ticket_tag).where(ticket_tag.c.ticket_id.in_(ids)))  # they count in no list of tags any more


def list_marked(tx: Tx, limit: int = 100) -> list[TicketToPurge]:
    """Return the tickets that are to be deleted."""
    query = select(ticket.c.id, ticket.c.account_id, contact.c.id, contact.c.uid).select_from(ticket.join(contact))
    return [TicketToPurge(*row) for row in tx.execute(query.where(ticket.c.purged_at.is_not(None)).limit(limit))]


def lock_tickets(tx: Tx, ids: Sequence[int]) -> list[tuple[Ticket, str]]:
    """Lock tickets, then their contacts, so that no hold is placed meanwhile, and return each with its contact's id."""
    of = ticket.c.id.in_(ids)
    found = [ticket_of(row) for row in tx.execute(select(ticket).where(of).order_by(ticket.c.id).with_for_update())]
    whose = contact.c.id.in_([each.contact_id for each in found])
    query = select(contact.c.id, contact.c.uid).where(whose).order_by(contact.c.id).with_for_update()
    owners = {row.id: row.uid for row in tx.execute(query)}
    return [(each, owners[each.contact_id]) for each in found]


def purge_some(tx: Tx, ids: Sequence[int], at: int) -> bool:
    """
    Delete a chunk of what hangs off some tickets, the tickets last, and return whether anything is left. Their files
    must be gone.
    """
    whose = select(ticket.c.contact_id).where(ticket.c.id.in_(ids)).order_by(ticket.c.id)
    contacts = list(tx.execute(whose.with_for_update()).scalars())
    room = CHUNK
    for table, of in locations.below(ticket):
        key = tuple(table.primary_key)
        chunk = select(*key).where(of.in_(ids)).limit(room)
        room -= tx.execute(delete(table).where(tuple_(*key).in_(chunk))).rowcount
        if room <= 0:
            return True
    tx.execute(delete(ticket).where(ticket.c.id.in_(ids)))
    # Also of those who have another ticket: the rule for contacts asks itself whether one is left.
    tx.execute(update(contact).where(contact.c.id.in_(contacts)).values(emptied_at=at))
    return False
