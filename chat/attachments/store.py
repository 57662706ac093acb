"""Attachments as rows: kept, named by a message, read, and dropped. Their bytes are in `chat.infra.blobs`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import delete, func, insert, select, tuple_, update

from chat.account import store as accounts
from chat.account.schema import account
from chat.attachments.schema import attachment
from chat.contacts.schema import contact
from chat.core.errors import ConsentRequired, LetheError, NotFound
from chat.core.model import Attachment, Draft
from chat.infra.store.tx import Tx

Free = dict[str, tuple[int, str]]
columns = tuple(attachment.c[field.name] for field in fields(Attachment))


def list_referred(tx: Tx) -> list[tuple[str, str, bool]]:
    """Return the owner and name of every file that a row refers to, and whether it has a preview."""
    query = select(contact.c.uid, attachment.c.blob, attachment.c.preview)
    return [tuple(row) for row in tx.execute(query.join(contact, contact.c.id == attachment.c.contact_id))]


def keep(tx: Tx, made: Attachment, *, consent: bool) -> None:
    """Store a row. With `consent` its contact must agree to the notice in force, in this transaction."""
    row = tx.execute(
        select(accounts.consents.label("consents"))
        .join(account, account.c.id == contact.c.account_id)
        .where(contact.c.id == made.contact_id)
        .with_for_update(of=contact)
    ).first()
    if row is None:
        raise NotFound("No such contact")
    if consent and not row.consents:
        raise ConsentRequired("Agree to the current notice first")
    tx.execute(insert(attachment).values({field.name: getattr(made, field.name) for field in fields(Attachment)}))


def waiting(tx: Tx, contact_id: int, author: str) -> int:
    """Count a contact's uploads by `author` that no message has named."""
    mine = (attachment.c.contact_id == contact_id) & (attachment.c.author == author) & attachment.c.seq.is_(None)
    return int(tx.execute(select(func.count()).where(mine)).scalar_one())


def bytes_of(tx: Tx, *, contact_id: int | None = None, account_id: str | None = None) -> int:
    """Return how many bytes the files of a contact, of an account, or of all have."""
    query = select(func.coalesce(func.sum(attachment.c.size), 0))
    if contact_id is not None:
        query = query.where(attachment.c.contact_id == contact_id)
    elif account_id is not None:
        query = query.join(contact, contact.c.id == attachment.c.contact_id).where(contact.c.account_id == account_id)
    return int(tx.execute(query).scalar_one())


def one(tx: Tx, uid: str, contact_id: int) -> Attachment:
    """Return an attachment of a contact. Raises NotFound where it is not theirs."""
    mine = (attachment.c.id == uid) & (attachment.c.contact_id == contact_id)
    row = tx.execute(select(*columns).where(mine)).first()
    if row is None:
        raise NotFound("No such attachment")
    return Attachment(*row)


def list_named(tx: Tx, contact_id: int, author: str, ids: Sequence[str]) -> list[Attachment]:
    """Return those of `ids` that are the contact's and sent by `author`, in that order."""
    mine = (attachment.c.contact_id == contact_id) & (attachment.c.author == author) & attachment.c.id.in_(ids)
    found = {row.id: Attachment(*row) for row in tx.execute(select(*columns).where(mine))}
    return [found[each] for each in dict.fromkeys(ids) if each in found]


def of_messages(tx: Tx, ticket_id: int, seqs: Sequence[int]) -> dict[int, list[Attachment]]:
    """Return the attachments of a ticket's messages by `seq`."""
    if not seqs:
        return {}
    span = attachment.c.seq.between(min(seqs), max(seqs))
    made: dict[int, list[Attachment]] = defaultdict(list)
    query = select(*columns).where(attachment.c.ticket_id == ticket_id, span).order_by(attachment.c.id)
    for row in tx.execute(query):
        made[row.seq].append(Attachment(*row))
    return made


def of_tickets(tx: Tx, ids: Sequence[int]) -> list[Attachment]:
    """Return all attachments of some tickets."""
    return [Attachment(*row) for row in tx.execute(select(*columns).where(attachment.c.ticket_id.in_(ids)))]


def drop(tx: Tx, ids: Sequence[str]) -> None:
    """Delete rows, and with each the key of its file."""
    tx.execute(delete(attachment).where(attachment.c.id.in_(ids)))


def drop_unused(tx: Tx, before: int, limit: int) -> int:
    """Delete up to `limit` rows from before that no message has named, and return how many were found."""
    unused = attachment.c.seq.is_(None)
    found = tx.execute(select(attachment.c.id).where(unused, attachment.c.created_at < before).limit(limit))
    ids = found.scalars().all()
    # Asked again: a message may have named one of them since.
    tx.execute(delete(attachment).where(attachment.c.id.in_(ids), unused))
    return len(ids)


def known(tx: Tx, pairs: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those pairs of a contact's public id and a blob's name that have a row."""
    which = tuple_(contact.c.uid, attachment.c.blob)
    query = select(contact.c.uid, attachment.c.blob).join(contact, contact.c.id == attachment.c.contact_id)
    return {(row[0], row[1]) for row in tx.execute(query.where(which.in_(pairs)))}


def free(tx: Tx, ids: Sequence[str]) -> Free:
    """Lock the attachments and return whose each is that no message has named."""
    if not ids:
        return {}
    # Locked in the order of their ids below: two batches that took the same files in two orders wait for each other.
    open_ones = attachment.c.id.in_(ids) & attachment.c.seq.is_(None)
    query = select(attachment.c.id, attachment.c.contact_id, attachment.c.author).where(open_ones)
    return {
        row.id: (row.contact_id, row.author) for row in tx.execute(query.order_by(attachment.c.id).with_for_update())
    }


def take_for_draft(draft: Draft, of: Free) -> LetheError | None:
    """
    Let a draft have its attachments. Return a refusal where one is not there, not its author's or another message's.
    """
    if any(of.get(each) != (draft.contact_id, draft.author) for each in draft.attachments):
        return NotFound("An attachment is not there any more; send it again")
    for each in draft.attachments:
        of.pop(each, None)
    return None


def attach(tx: Tx, drafts: Sequence[Draft]) -> None:
    """Write into the attachments which message names them."""
    for draft in drafts:
        if not draft.repeated:
            of = attachment.c.id.in_(draft.attachments)
            tx.execute(update(attachment).where(of).values(ticket_id=draft.ticket_id, seq=draft.seq))


def owner(tx: Tx, file: Attachment) -> str:
    """Return the public id of the contact whose file it is."""
    return str(tx.execute(select(contact.c.uid).where(contact.c.id == file.contact_id)).scalar_one())
