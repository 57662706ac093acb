"""
Letters: queued in the transaction they are about, sealed under their contact's key, sent by a sweep that tries again.

A letter is gone once it is delivered, refused for good, or over a day old. Killed between sending and noting that, the
sweep sends it again under the same Message-ID: twice rather than never.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import structlog

from chat.account import store as accounts
from chat.contacts.store import contacts
from chat.core.crypt import Sealed
from chat.core.errors import LetheError
from chat.core.events import WorkDue
from chat.core.ids import uuid7
from chat.core.model import Contact
from chat.infra.audit import audit
from chat.infra.mail import Letter, Undelivered
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.letters.store import disclosures, outbox
from chat.tickets.actions import transcripts

MINUTE = 60_000
# Thirteen hours in all: a sealed letter is kept for a day at most, delivered or not.
WAITS = tuple(minutes * MINUTE for minutes in (5, 15, 60, 240, 480))
SWEPT = 20
CATEGORIES = ("e-mail", "message")
log = structlog.get_logger("chat.letters")


def queue(services: Services, tx: Tx, contact: Contact, to: str, subject: str, text: str) -> str:
    """Put a letter about a contact into the outbox, within the caller's transaction, and return its id."""
    letter = Letter(uuid7(), to, subject, text)
    sealed = services.seal(contact.key_slot, contact.uid, f"letter/{letter.id}", msgspec.json.encode(letter).decode())
    outbox.put(tx, letter.id, contact.id, sealed, services.clock())
    return letter.id


async def queue_transcript(services: Services, contact: Contact, to: str) -> str:
    """
    Queue the transcript to the address its contact gave, and return the letter's id. Only for who has opened a link in
    that mailbox: else anybody could have their own words sent to anybody, in the account's name.
    """
    t = services.gathered.locales.words(contact.locale)
    said = await transcripts.as_text(services, contact)

    def work(tx: Tx) -> str:
        name = accounts.one(tx, contact.account_id).name
        subject, opening = (t(key, name=name) for key in ("mail.transcript", "mail.transcript.opening"))
        queued = queue(services, tx, contacts.by_id(tx, contact.id), to, subject, f"{opening}\n\n{said}")
        audit.record(services, tx, contact.account_id, "visitor", "transcript.mailed", queued, contact.uid)
        return queued

    letter_id = await services.store.write(work)
    services.bus.publish(WorkDue())
    return letter_id


async def sweep(services: Services) -> int:
    """Try every letter that is due, and return how many are off our hands."""
    if not services.mailer.ready:
        return 0
    rows = await services.store.read(lambda tx: outbox.due(tx, services.clock(), SWEPT))
    return sum([await _try(services, row) for row in rows])


async def _try(services: Services, row: Any) -> bool:
    until = services.clock() + WAITS[min(row.tries, len(WAITS) - 1)]
    letter = _opened(services, row)
    if not await services.store.write(lambda tx: _claim(services, tx, row, letter, until)):
        return False
    sent = False
    try:
        if letter is not None:
            # In no transaction: a mail server may take its time, and whoever writes would wait for it.
            await asyncio.to_thread(services.mailer.send, letter)
            sent = True
    except Undelivered as error:
        log.warning("letter not taken", letter=row.id, why=error.why, tries=row.tries + 1)
        if not error.permanent and row.tries < len(WAITS):
            return False

    def work(tx: Tx) -> None:
        outbox.mark_done(tx, row.id)
        if not sent:
            disclosures.drop(tx, row.id)

    await services.store.write(work)
    return True


def _opened(services: Services, row: Any) -> Letter | None:
    try:
        text = services.unseal(row.key_slot, row.uid, f"letter/{row.id}", row.letter)
        return msgspec.json.decode(text or "", type=Letter)
    except (Sealed, LetheError):
        # Its contact is being erased. The row goes as if it had been sent, and nobody tries it again.
        log.info("letter cannot be opened any more", letter=row.id)
        return None


def _claim(services: Services, tx: Tx, row: Any, letter: Letter | None, until: int) -> bool:
    """
    Take a letter as ours, and enter whom it goes to before it does: an erasure that begins meanwhile has to tell them.
    """
    if not outbox.claim(tx, row, until):
        return False
    if letter is not None:
        recipient = services.email_hash(row.account_id, letter.to)
        others = recipient != row.email_hash
        address = services.seal(row.key_slot, row.uid, f"sent/{row.id}", letter.to) if others else None
        made = {"id": row.id, "contact_id": row.contact_id, "kind": "mail", "recipient": recipient}
        disclosures.enter(tx, made | {"address": address, "categories": list(CATEGORIES), "at": services.clock()})
    return True
