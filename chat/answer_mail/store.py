"""Answers that are unread, what was mailed of them, and the links in that, as rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Row, delete, exists, insert, literal, select, update

from chat.account import store as accounts
from chat.account.schema import account
from chat.answer_mail.domain import ANSWER_MINUTES
from chat.answer_mail.schema import answer_letter, answer_link, answer_mail
from chat.consent.schema import notice, notice_text, receipt
from chat.contacts.schema import contact
from chat.core.clock import DAY
from chat.core.model import Message
from chat.infra.store.bound import bind, holds, rebound
from chat.infra.store.outbox import LetterTable
from chat.infra.store.tx import Tx
from chat.infra.store.upsert import insert_of
from chat.tickets.schema import message, ticket
from chat.tickets.store import tickets

MINUTE = 60_000
FRESH = 2 * DAY
"""What was last said longer ago is old news: no sweep looks for it."""
LETTERS = LetterTable(
    answer_letter,
    answer_letter.c.contact_id,
    (contact.c.uid, contact.c.key_slot, contact.c.account_id, contact.c.email_hash),
)
_agreed = receipt.c.purposes["answers_by_mail"].as_boolean()
_offered = exists().where(
    notice.c.account_id == account.c.id,
    notice_text.c.notice_id == notice.c.id,
    notice_text.c.mail_label != "",
)
_unread = (message.c.author == "agent") & message.c.target.is_(None) & message.c.redacted_at.is_(None)
_passed = message.alias("passed")
# What the filter holds back nobody is mailed about: the address in it may be a stranger's.
_heard = exists().where(
    _passed.c.ticket_id == ticket.c.id, _passed.c.author == "visitor", ~_passed.c.held, _passed.c.redacted_at.is_(None)
)
_mailed = exists().where(answer_mail.c.ticket_id == ticket.c.id, answer_mail.c.seq > ticket.c.visitor_read)


def list_due(tx: Tx, now: int, limit: int) -> list[Row[*tuple[Any, ...]]]:
    """
    Return `ticket_id` and the `uid` of the contact of each ticket that has an answer which its visitor has not read for
    the account's minutes, and who has agreed to be mailed about that, and was not yet.
    """
    waited = literal(now, BigInteger) - account.c[ANSWER_MINUTES.name] * literal(MINUTE, BigInteger)
    due = exists().where(
        message.c.ticket_id == ticket.c.id, message.c.seq > ticket.c.visitor_read, _unread, message.c.at <= waited
    )
    query = (
        select(ticket.c.id.label("ticket_id"), contact.c.uid)
        .join(account, account.c.id == ticket.c.account_id)
        .join(contact, contact.c.id == ticket.c.contact_id)
        .join(receipt, receipt.c.id == contact.c.receipt_id)
        .where(account.c[ANSWER_MINUTES.name] > 0, _offered, ticket.c.updated_at > now - FRESH)
        .where(ticket.c.last_seq > ticket.c.visitor_read, ticket.c.status != "trash", ticket.c.purged_at.is_(None))
        .where(accounts.consents, _agreed, contact.c.email.is_not(None), _heard, ~_mailed, due)
    )
    return list(tx.execute(query.order_by(ticket.c.updated_at).limit(limit)))


def list_unread(tx: Tx, ticket_id: int) -> list[Message]:
    """Return the answers in a ticket that its visitor has not read, first to last, and lock the ticket."""
    read = select(ticket.c.visitor_read).where(ticket.c.id == ticket_id).with_for_update()
    after = tx.execute(read).scalar()
    if after is None:
        return []
    found = tickets.messages(tx, ticket_id, after)
    return [each for each in found if each.author == "agent" and each.target is None and each.redacted_at is None]


def is_mailed(tx: Tx, ticket_id: int) -> bool:
    """Whether a letter about what is unread in a ticket is on its way or sent. The caller has locked the ticket."""
    return tx.execute(select(ticket.c.id).where(ticket.c.id == ticket_id, _mailed)).first() is not None


def put(tx: Tx, ticket_id: int, contact_id: int, seq: int, letter_id: str, at: int) -> None:
    """Note that a letter about the answers of a ticket from `seq` on is on its way."""
    made = {"ticket_id": ticket_id, "contact_id": contact_id, "seq": seq, "letter_id": letter_id, "mailed_at": at}
    new = insert_of(tx, answer_mail).values(**made, bounced=False)
    names = ("seq", "letter_id", "mailed_at", "bounced")
    tx.execute(
        new.on_conflict_do_update(index_elements=["ticket_id"], set_={name: new.excluded[name] for name in names})
    )


def drop(tx: Tx, letter_id: str) -> None:
    """Delete the note of a letter that does not go: what is unread may be mailed another time."""
    tx.execute(delete(answer_mail).where(answer_mail.c.letter_id == letter_id))


def is_wanted(tx: Tx, letter_id: str) -> bool:
    """Whether a letter that is about to go has something to say: its answer is there, unread, and asked for."""
    query = (
        select(answer_mail.c.ticket_id)
        .join(ticket, ticket.c.id == answer_mail.c.ticket_id)
        .join(contact, contact.c.id == ticket.c.contact_id)
        .join(account, account.c.id == ticket.c.account_id)
        .join(receipt, receipt.c.id == contact.c.receipt_id)
        .where(answer_mail.c.letter_id == letter_id, answer_mail.c.seq > ticket.c.visitor_read)
        .where(ticket.c.status != "trash", ticket.c.purged_at.is_(None), accounts.consents, _agreed, _heard)
        .where(exists().where(message.c.ticket_id == ticket.c.id, message.c.seq == answer_mail.c.seq, _unread))
    )
    return tx.execute(query).first() is not None


def mark_bounced(tx: Tx, letter_id: str) -> None:
    """Note that nobody is at the address that a letter went to."""
    tx.execute(update(answer_mail).where(answer_mail.c.letter_id == letter_id).values(bounced=True))


def has_bounced(tx: Tx, contact_id: int) -> bool:
    """Whether the last mail about an answer to a contact was refused for good."""
    last = select(answer_mail.c.bounced).where(answer_mail.c.contact_id == contact_id)
    return bool(tx.execute(last.order_by(answer_mail.c.mailed_at.desc()).limit(1)).scalar())


def put_link(tx: Tx, secret_hash: str, contact_id: int, expires_at: int) -> None:
    """Store a link."""
    made = {"secret_hash": secret_hash, "contact_id": contact_id, "used": False, "expires_at": expires_at}
    tx.execute(insert(answer_link).values(**made, mac=bind(tx, answer_link, made)))


def find_link(tx: Tx, account_id: str, secret_hash: str) -> Row[*tuple[Any, ...]] | None:
    """Return a link of an account's contact and lock it, None where there is none that holds."""
    mine = select(contact.c.id).where(contact.c.account_id == account_id)
    query = select(answer_link).where(answer_link.c.secret_hash == secret_hash, answer_link.c.contact_id.in_(mine))
    row = tx.execute(query.with_for_update()).first()
    return row if row is not None and holds(tx, answer_link, row) else None


def use_link(tx: Tx, row: Row[*tuple[Any, ...]]) -> None:
    """Use a link up, which `find_link` gave and locked."""
    this = answer_link.c.secret_hash == row.secret_hash
    tx.execute(update(answer_link).where(this).values(rebound(tx, answer_link, row, used=True)))


def lapse(tx: Tx, now: int) -> int:
    """Delete the links that are over, and return how many."""
    return tx.execute(delete(answer_link).where(answer_link.c.expires_at <= now)).rowcount
