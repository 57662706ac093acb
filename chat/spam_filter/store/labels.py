"""Labels as rows: what agents said of a contact's messages, the features sealed under the contact's key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from sqlalchemy import delete, insert, select, tuple_

from chat.contacts.schema import contact
from chat.infra.store.tx import Tx
from chat.spam_filter.schema import label, mistake


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


def put(tx: Tx, made: Sequence[Labelled]) -> None:
    """Store labels of one ticket, each in the place of the one before it."""
    if not made:
        return
    seqs = [each.seq for each in made]
    # Another row and no change of the old one: it has to be younger than every version that counted the mark before.
    tx.execute(delete(label).where(label.c.ticket_id == made[0].ticket_id, label.c.seq.in_(seqs)))
    tx.execute(insert(label), [{field.name: getattr(each, field.name) for field in fields(Labelled)} for each in made])


def drop(tx: Tx, contact_id: int) -> None:
    """Delete a contact's labels."""
    tx.execute(delete(label).where(label.c.contact_id == contact_id))


def drop_one(tx: Tx, ticket_id: int, seq: int) -> None:
    """Delete the label of a message."""
    tx.execute(delete(label).where(label.c.ticket_id == ticket_id, label.c.seq == seq))


def contacts_of(tx: Tx, ids: Sequence[int]) -> set[tuple[str, int]]:
    """Return whose labels hang off some tickets: account and contact."""
    query = select(contact.c.account_id, contact.c.id).join(label, label.c.contact_id == contact.c.id)
    return {(row[0], row[1]) for row in tx.execute(query.where(label.c.ticket_id.in_(ids)).distinct())}


def drop_many(tx: Tx, keys: Sequence[tuple[int, int]]) -> None:
    """Delete labels by ticket and `seq`."""
    tx.execute(delete(label).where(tuple_(label.c.ticket_id, label.c.seq).in_(keys)))


def of_contact(tx: Tx, contact_id: int) -> list[Labelled]:
    """Return a contact's labels."""
    return [Labelled(*row) for row in tx.execute(select(*_columns).where(label.c.contact_id == contact_id))]


def contacts(tx: Tx, refs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Return whose the labels of some messages are."""
    query = select(label.c.ticket_id, label.c.seq, label.c.contact_id)
    rows = tx.execute(query.where(tuple_(label.c.ticket_id, label.c.seq).in_(refs))) if refs else ()
    return {(row[0], row[1]): row[2] for row in rows}


def taught_by(tx: Tx) -> list[tuple[int, str, str, int]]:
    """Return whoever has labels: key, account, public id and the slot of the data key."""
    query = select(contact.c.id, contact.c.account_id, contact.c.uid, contact.c.key_slot)
    rows = tx.execute(query.where(contact.c.id.in_(select(label.c.contact_id))).order_by(contact.c.id))
    return [(row.id, row.account_id, row.uid, row.key_slot) for row in rows]


def move(tx: Tx, was: Labelled, now: Labelled) -> None:
    """Put a label in another place, with what versions got wrong about it. As old as it was, it counts as before."""
    of = (mistake.c.ticket_id == was.ticket_id) & (mistake.c.seq == was.seq)
    wrong = [dict(row) for row in tx.execute(select(mistake).where(of)).mappings()]
    drop_one(tx, was.ticket_id, was.seq)
    put(tx, [now])
    if wrong:
        tx.execute(insert(mistake), [each | {"ticket_id": now.ticket_id, "seq": now.seq} for each in wrong])


def of_account(tx: Tx, account_id: str, until: int) -> list[tuple[Labelled, str, int]]:
    """Return an account's labels made before `until`, each with its contact's public id and key slot."""
    query = select(*_columns, contact.c.uid, contact.c.key_slot).join(contact, contact.c.id == label.c.contact_id)
    mine = (contact.c.account_id == account_id) & (label.c.at < until)
    rows = tx.execute(query.where(mine).order_by(label.c.ticket_id, label.c.seq))
    return [(Labelled(*row[:-2]), row.uid, row.key_slot) for row in rows]
