"""Letters about contacts, through an outbox, and who was sent them: an erasure has to tell those."""

from __future__ import annotations

from collections.abc import Sequence

from chat.account import store as accounts
from chat.contacts.store import contacts
from chat.core.crypt import Sealed
from chat.core.errors import LetheError
from chat.core.events import WorkDue
from chat.core.model import Contact
from chat.infra.audit import audit
from chat.infra.mail import Letter, Undelivered
from chat.infra.outbox import Outbox, Sealer
from chat.infra.services import Services
from chat.infra.store.outbox import LetterRow
from chat.infra.store.tx import Tx
from chat.letters.store import disclosures, outbox
from chat.tickets.actions import transcripts

CATEGORIES = ("e-mail", "message")


def queue(services: Services, tx: Tx, contact: Contact, to: str, subject: str, text: str) -> str:
    """Put a letter about a contact into the outbox, within the caller's transaction, and return its id."""
    return OUTBOX.queue(services, tx, Sealer(contact.id, contact.uid, contact.key_slot), to, subject, text)


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


def given_address(services: Services, contact: Contact) -> str | None:
    """
    Return the address a contact gave, or None where its key is gone or does not open it, and for one that an agent
    entered: it may be a stranger's.
    """
    try:
        to = services.unseal(contact.key_slot, contact.uid, "email", contact.email)
    except (Sealed, LetheError):
        return None
    return to if to and contact.email_hash == services.email_hash(contact.account_id, to) else None


async def sweep(services: Services) -> int:
    """Try every letter that is due, and return how many are off our hands."""
    return await OUTBOX.sweep(services)


def disclose(
    services: Services, tx: Tx, row: LetterRow, letter: Letter, categories: Sequence[str] = CATEGORIES
) -> bool:
    """Enter whom a letter goes to before it does: an erasure that begins meanwhile has to tell them. It may go."""
    recipient = services.email_hash(row.account_id, letter.to)
    others = recipient != row.email_hash
    address = services.seal(row.key_slot, row.uid, f"sent/{row.id}", letter.to) if others else None
    made = {"id": row.id, "contact_id": row.contact_id, "kind": "mail", "recipient": recipient}
    disclosures.enter(tx, made | {"address": address, "categories": list(categories), "at": services.clock()})
    return True


def take_back(_: Services, tx: Tx, row: LetterRow, _why: Undelivered | None) -> None:
    """Take back that a letter was sent: nobody took it."""
    disclosures.drop(tx, row.id)


OUTBOX = Outbox(outbox.LETTERS, disclose, take_back)
