"""Mail about contacts on its way, sealed under their keys."""

from __future__ import annotations

from chat.contacts.schema import contact
from chat.infra.store.outbox import LetterTable
from chat.letters.schema import outbox

LETTERS = LetterTable(
    outbox, outbox.c.contact_id, (contact.c.uid, contact.c.key_slot, contact.c.account_id, contact.c.email_hash)
)
