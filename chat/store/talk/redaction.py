"""What agents take away: one message or attachment at a time, and whole tickets for good."""

from __future__ import annotations

from dataclasses import fields
from uuid import uuid4

from sqlalchemy import Connection, delete, func, insert, select, update

from chat.errors import NotFound
from chat.model import Attachment, Message
from chat.store.filter import labels
from chat.store.schema import contact, message, note, ticket
from chat.store.talk import uploads

CHUNK = 2000
_columns = tuple(message.c[field.name] for field in fields(Message))


def redact(
    tx: Connection, ticket_id: int, seq: int, at: int, part: str | None = None
) -> tuple[Message, list[Attachment], bool]:
    """
    Empty a message, or take one attachment (`part`) from it, and enter that under a number of its own.

    Returns the entry, the attachments whose files are to go, and whether it was done before. Raises NotFound.
    """
    stands = tx.execute(select(ticket).where(ticket.c.id == ticket_id).with_for_update()).first()
    here = message.c.ticket_id == ticket_id
    row = tx.execute(select(*_columns).where(here, message.c.seq == seq, message.c.target.is_(None))).first()
    if stands is None or row is None:
        raise NotFound("No such message")
    same = (message.c.part == part) if part else message.c.part.is_(None)
    before = tx.execute(select(*_columns).where(here, message.c.target == seq, same)).first()
    if before is not None:
        return Message(*before), [], True
    files = uploads.of_messages(tx, ticket_id, [seq]).get(seq, [])
    gone = [each for each in files if part in {None, each.id}]
    uploads.drop(tx, [each.id for each in gone])
    if part is None:
        tx.execute(update(message).where(here, message.c.seq == seq).values(body=b"", score=None, redacted_at=at))
        labels.drop_one(tx, ticket_id, seq)
    entry = _entry(Message(*row), stands.last_seq + 1, at, part)
    tx.execute(insert(message).values({field.name: getattr(entry, field.name) for field in fields(Message)}))
    tx.execute(update(ticket).where(ticket.c.id == ticket_id).values(**_stands(stands, entry)))
    return entry, gone, False


def _entry(target: Message, seq: int, at: int, part: str | None) -> Message:
    return Message(
        ticket_id=target.ticket_id,
        seq=seq,
        contact_id=target.contact_id,
        author="system",
        cid=uuid4().bytes,
        agent_id=None,
        body=b"",
        at=at,
        score=None,
        held=target.held,
        target=target.seq,
        part=part,
    )


def _stands(before: object, entry: Message) -> dict[str, int]:
    """Return a ticket's numbers after a redaction: it is nothing to read, so who had read all still has."""
    last = entry.seq - 1
    numbers = {name: getattr(before, name) for name in ("agent_read", "visitor_read", "held")}
    read = {name: entry.seq if numbers[name] == last else numbers[name] for name in ("agent_read", "visitor_read")}
    return {"last_seq": entry.seq, "held": numbers["held"] + entry.held, "updated_at": entry.at, **read}


def doom(tx: Connection, ticket_id: int, at: int) -> None:
    """Mark a ticket so that nobody sees it any more and the sweep deletes it."""
    tx.execute(update(ticket).where(ticket.c.id == ticket_id).values(status="trash", purged_at=at))


def doomed(tx: Connection, limit: int = 20) -> list[tuple[int, str]]:
    """Return the tickets that are to be deleted, each with its contact's public id."""
    query = select(ticket.c.id, contact.c.uid).join(contact, contact.c.id == ticket.c.contact_id)
    return [(row[0], row[1]) for row in tx.execute(query.where(ticket.c.purged_at.is_not(None)).limit(limit))]


def purge_some(tx: Connection, ticket_id: int) -> bool:
    """Delete a chunk of a ticket, the ticket last; return whether anything is left. Its files must be gone."""
    tx.execute(select(ticket.c.id).where(ticket.c.id == ticket_id).with_for_update())
    last = tx.execute(select(func.max(message.c.seq)).where(message.c.ticket_id == ticket_id)).scalar() or 0
    tx.execute(delete(message).where(message.c.ticket_id == ticket_id, message.c.seq > last - CHUNK))
    if last > CHUNK:
        return True
    tx.execute(delete(note).where(note.c.ticket_id == ticket_id))
    tx.execute(delete(ticket).where(ticket.c.id == ticket_id))
    return False
