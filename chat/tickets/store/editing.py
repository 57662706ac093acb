"""One's own last message changed: its text is replaced where it stands, and an entry of its own says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Row, insert, select, update

from chat.account import store as accounts
from chat.account.schema import account
from chat.contacts.schema import contact
from chat.core.errors import ConsentRequired, Ended, Forbidden, NotFound, NotNow
from chat.core.model import Message
from chat.infra.store.tx import Tx
from chat.spam_filter.store import labels
from chat.tickets.domain import EDITED_WITHIN
from chat.tickets.schema import message, ticket
from chat.tickets.store.redaction import entry_of, stands_after

_columns = tuple(message.c[field.name] for field in fields(Message))


@dataclass(frozen=True)
class EditBy:
    """Who changes a message of theirs, and when: `agent_id` where it is an agent; ms."""

    author: str
    agent_id: str | None
    at: int


@dataclass(frozen=True)
class NewText:
    """
    What is to stand there: `cid` is its sender's id for the change, `seal` seals the text for the message it is of.
    `score` and `held` are the filter's, of a visitor's.
    """

    cid: bytes
    seal: Callable[[Message], bytes]
    score: float | None = None
    held: bool = False


def own_last(tx: Tx, ticket_id: int, seq: int, by: EditBy) -> Message:
    """
    Lock a ticket, and return the message of it that its author may change still. Raises NotFound, Forbidden, NotNow,
    ConsentRequired and Ended, which say why not.
    """
    stands = _locked(tx, ticket_id)
    if by.author == "visitor" and not stands.consents:
        raise ConsentRequired("Agree to the current notice first")
    if stands.status == "trash":
        raise Ended("This ticket is in the trash")
    here = (message.c.ticket_id == ticket_id) & message.c.target.is_(None)
    row = tx.execute(select(*_columns).where(here, message.c.seq == seq)).first()
    if row is None:
        raise NotFound("No such message")
    found = Message(*row)
    if (found.author, found.agent_id) != (by.author, by.agent_id):
        raise Forbidden("Only who wrote a message changes it")
    mine = here & (message.c.author == by.author) & (message.c.seq > seq)
    mine = mine & (message.c.agent_id == by.agent_id) if by.agent_id else mine
    if tx.execute(select(message.c.seq).where(mine).limit(1)).first() is not None:
        raise NotNow("Only the last message that one wrote can be changed")
    if found.redacted_at is not None:
        raise NotNow("This message was taken away already")
    if by.at - found.at > EDITED_WITHIN:
        raise NotNow("A message can be changed for five minutes after it was sent")
    return found


def known(tx: Tx, ticket_id: int, cid: bytes) -> Message | None:
    """Return the entry of a change that was made under this id before."""
    same = (message.c.ticket_id == ticket_id) & (message.c.author == "system") & (message.c.cid == cid)
    row = tx.execute(select(*_columns).where(same, message.c.edited_at.is_not(None))).first()
    return None if row is None else Message(*row)


def edit(tx: Tx, target: Message, new: NewText, at: int) -> Message:
    """Put a text in the place of a message's, which is locked, and return the entry that says so."""
    stands = _locked(tx, target.ticket_id)
    held = target.held or new.held
    here = (message.c.ticket_id == target.ticket_id) & (message.c.seq == target.seq)
    values = {"body": new.seal(target), "score": new.score, "held": held, "edited_at": at}
    tx.execute(update(message).where(here).values(values))
    labels.drop_one(tx, target.ticket_id, target.seq)
    entry = entry_of(target, stands.last_seq + 1, at, cid=new.cid, edited_at=at, held=held)
    tx.execute(insert(message).values({field.name: getattr(entry, field.name) for field in fields(Message)}))
    numbers = stands_after(stands, entry)
    numbers["held"] += held and not target.held
    tx.execute(update(ticket).where(ticket.c.id == target.ticket_id).values(**numbers))
    return entry


def is_edited(tx: Tx, ticket_id: int, seq: int, at: int) -> bool:
    """Whether a message has the text that it was given then, or a later one. Raises NotFound where it is not there."""
    here = (message.c.ticket_id == ticket_id) & (message.c.seq == seq)
    row = tx.execute(select(message.c.edited_at).where(here)).first()
    if row is None:
        raise NotFound("No such message")
    return row.edited_at is not None and row.edited_at >= at


def targets(tx: Tx, ticket_id: int, found: Sequence[Message]) -> dict[int, Message]:
    """Return by `seq` the messages that were changed by those of some entries that say so, as they are now."""
    seqs = {each.target for each in found if each.target is not None and each.edited_at is not None}
    if not seqs:
        return {}
    query = select(*_columns).where(message.c.ticket_id == ticket_id, message.c.seq.in_(seqs))
    return {row.seq: Message(*row) for row in tx.execute(query)}


def _locked(tx: Tx, ticket_id: int) -> Row[*tuple[Any, ...]]:
    row = tx.execute(
        select(ticket, accounts.consents.label("consents"))
        .join(contact, contact.c.id == ticket.c.contact_id)
        .join(account, account.c.id == ticket.c.account_id)
        .where(ticket.c.id == ticket_id, ticket.c.purged_at.is_(None))
        .with_for_update(of=ticket)
    ).first()
    if row is None:
        raise NotFound("No such ticket")
    return row
