"""Labels as rows: what agents said of a contact's messages, the features sealed under the contact's key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from sqlalchemy import Connection, delete, insert, select

from chat.store.schema import contact, label


@dataclass(frozen=True, slots=True)
class Labelled:
    """A message of a contact (`ticket_id`, `seq`) that `agent_id` called spam, or not spam, at a time in ms."""

    contact_id: int
    ticket_id: int
    seq: int
    spam: bool
    features: bytes
    agent_id: str
    at: int


_columns = tuple(label.c[field.name] for field in fields(Labelled))


def put(tx: Connection, made: Sequence[Labelled]) -> None:
    """Store labels of one ticket, each in the place of the one before it."""
    if not made:
        return
    seqs = [each.seq for each in made]
    tx.execute(delete(label).where(label.c.ticket_id == made[0].ticket_id, label.c.seq.in_(seqs)))
    tx.execute(insert(label), [{field.name: getattr(each, field.name) for field in fields(Labelled)} for each in made])


def drop(tx: Connection, contact_id: int) -> None:
    """Delete a contact's labels."""
    tx.execute(delete(label).where(label.c.contact_id == contact_id))


def drop_one(tx: Connection, ticket_id: int, seq: int) -> None:
    """Delete the label of a message."""
    tx.execute(delete(label).where(label.c.ticket_id == ticket_id, label.c.seq == seq))


def of_contact(tx: Connection, contact_id: int) -> list[Labelled]:
    """Return a contact's labels."""
    return [Labelled(*row) for row in tx.execute(select(*_columns).where(label.c.contact_id == contact_id))]


def taught_by(tx: Connection) -> list[tuple[int, str, str, int]]:
    """Return whoever has labels: key, account, public id and the slot of the data key."""
    query = select(contact.c.id, contact.c.account_id, contact.c.uid, contact.c.key_slot)
    rows = tx.execute(query.where(contact.c.id.in_(select(label.c.contact_id))).order_by(contact.c.id))
    return [(row.id, row.account_id, row.uid, row.key_slot) for row in rows]
