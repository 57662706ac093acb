"""What the filter may learn of a contact: what they wrote, while they agree to just that."""

from __future__ import annotations

from chat.consent import store as consents
from chat.contacts.store import contacts
from chat.core.model import Actor, Contact, Message
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.spam_filter.actions import training


def teach(services: Services, tx: Tx, actor: Actor, contact: Contact, said: list[Message], *, spam: bool) -> int:
    """
    Label a ticket's messages in the mark's own transaction, none without a live consent to `spam_training`, and return
    how many.
    """
    # Locked: who withdraws meanwhile waits for this, and then deletes what it has made.
    contact = contacts.by_uid(tx, contact.uid, lock=True)
    return training.label(services, tx, actor, contact, said, spam=spam) if _has_agreed(tx, contact) else 0


def _has_agreed(tx: Tx, contact: Contact) -> bool:
    """Whether the contact's live consent, to the notice in force, has `spam_training` in it."""
    return consents.consents_now(tx, contact) and consents.purposes_of(tx, contact.id).get("spam_training") is True
