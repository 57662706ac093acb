"""
Those who were sent something of a contact and are not the contact: noted when it is sent, told of an erasure (Art. 19).

Whoever is to be told is filed while the contact's key still opens their address, and told in ids only.
"""

from __future__ import annotations

import asyncio

import structlog
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from chat.account import store as accounts
from chat.contacts.store import contacts
from chat.core.clock import stamp
from chat.core.crypt import Sealed, derive, seal, unseal
from chat.core.errors import LetheError, NotFound
from chat.core.model import Account
from chat.erasure.store import recipients as rows
from chat.erasure.store.erasures import Erasure
from chat.erasure.store.recipients import Recipient
from chat.infra.audit import audit
from chat.infra.mail import Letter, Undelivered
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.letters.store import disclosures

MINUTE = 60_000
# Thirteen hours in all: an address is kept for a day at most, told or not.
WAITS = tuple(minutes * MINUTE for minutes in (5, 15, 60, 240, 480))
SWEPT = 20
SUBJECT = "Please delete what you were sent / Διαγράψτε όσα σας στάλθηκαν ({name})"
# In both languages: nothing is stored of a recipient that says which they read.
TEXT = """\
A person whose data {name} sent you asked to be forgotten. Please delete what you were sent, and copies of it
(Art. 17 and 19 GDPR). The mails it was in, by their Message-ID:

{letters}

Ένα πρόσωπο, δεδομένα του οποίου σας έστειλε το {name}, ζήτησε να διαγραφεί. Διαγράψτε όσα σας στάλθηκαν και τα
αντίγραφά τους (άρθρα 17 και 19 ΓΚΠΔ): είναι στα παραπάνω μηνύματα.

Erasure / Διαγραφή: {erasure}
"""
log = structlog.get_logger("chat.recipients")


class RecipientView(Struct, frozen=True):
    """
    By what way somebody was sent how much, and when they were notified (RFC 3339), but not who it is, unless it is a
    program (`kind` webhook), by its id.
    """

    kind: str
    count: int
    told_at: str | None
    recipient: str | None = None


async def file(services: Services, erasure: Erasure) -> None:
    """Note whom an erasure has to tell, before the key goes. Begun again after that it finds what was filed."""

    def work(tx: Tx) -> None:
        try:
            contact = contacts.by_id(tx, erasure.contact_id)
        except NotFound:
            return
        letters: dict[str, list[disclosures.Disclosure]] = {}
        for each in disclosures.of_contact(tx, contact.id):
            if each.kind != "mail" or each.address is not None:  # else it went to the contact
                letters.setdefault(each.recipient, []).append(each)
        for recipient, sent in letters.items():
            address = _resealed(services, erasure, recipient, sent[-1])
            made = {"erasure_id": erasure.id, "recipient": recipient, "kind": sent[-1].kind, "address": address}
            rows.file(tx, made | {"letters": [each.id for each in sent], "due_at": services.clock()})

    await services.store.write(work)


async def sweep(services: Services) -> int:
    """Tell whoever is to be told now, and return how many are off our hands."""
    if not services.mailer.ready:
        return 0
    due = await services.store.read(lambda tx: rows.due(tx, services.clock(), SWEPT))
    return sum([await _tell(services, each, account_id) for each, account_id in due])


async def of(services: Services, erasure_id: str) -> list[RecipientView]:
    """Return whom an erasure has to tell, as its certificate lists them."""
    found = await services.store.read(lambda tx: rows.recipients(tx, erasure_id))
    return [recipient_view(each) for each in found]


def recipient_view(each: Recipient) -> RecipientView:
    """Return a recipient without saying who it is."""
    told_at = stamp(each.told_at) if each.told_at else None
    return RecipientView(each.kind, len(each.letters), told_at, each.named or None)


async def _tell(services: Services, each: Recipient, account_id: str) -> bool:
    until = services.clock() + WAITS[min(each.tries, len(WAITS) - 1)]
    # Claimed before it is sent: another process sweeps too, and a letter cannot be called back.
    if not await services.store.write(lambda tx: rows.claim(tx, each, until)):
        return False
    account = await services.store.read(lambda tx: accounts.one(tx, account_id))
    notified_at: int | None = None
    try:
        # In no transaction: a mail server may take its time, and whoever writes would wait for it.
        await asyncio.to_thread(services.mailer.send, _letter(services, each, account))
        notified_at = services.clock()
    except Undelivered as error:
        log.warning("recipient not told", erasure=each.erasure_id, why=error.why, tries=each.tries + 1)
        if not error.permanent and each.tries < len(WAITS):
            return False
    except Sealed:
        log.warning("recipient's address does not open", erasure=each.erasure_id)

    def work(tx: Tx) -> None:
        rows.mark_done(tx, each, notified_at)
        if notified_at:
            audit.record(services, tx, account_id, "system", "recipient.told", each.erasure_id)

    await services.store.write(work)
    return True


def _letter(services: Services, each: Recipient, account: Account) -> Letter:
    to = unseal(_key(services), each.address or b"", _place(each.erasure_id, each.recipient))
    said = {"name": account.name, "letters": "\n".join(each.letters), "erasure": each.erasure_id}
    return Letter(f"{each.erasure_id}.{each.recipient[:12]}", to, SUBJECT.format(**said), TEXT.format(**said))


def _resealed(services: Services, erasure: Erasure, recipient: str, sent: disclosures.Disclosure) -> bytes | None:
    """
    Return the address under the server's own key, since the contact's is about to go, or None where it is not known.
    """
    try:
        address = services.unseal(erasure.key_slot, erasure.contact_uid, f"sent/{sent.id}", sent.address)
    except (Sealed, LetheError):
        return None
    return seal(_key(services), address, _place(erasure.id, recipient)) if address else None


def _place(erasure_id: str, recipient: str) -> bytes:
    return f"{erasure_id}/{recipient}".encode()


def _key(services: Services) -> AESGCM:
    return AESGCM(derive(services.index_key, "recipients"))
