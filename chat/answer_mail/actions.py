"""
Mail to visitors who left: one for all that they have not read, where they asked for it, with a link that brings the
chat back once, and one that ends such mail.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from chat.account import store as accounts
from chat.answer_mail import store
from chat.answer_mail.domain import ANSWER_TEXT, DAYS
from chat.consent.actions import consent
from chat.consent.actions.notices import ANSWERS
from chat.contacts.store import contacts
from chat.core.clock import DAY
from chat.core.crypt import digest
from chat.core.errors import NotFound, RateLimited
from chat.core.events import ConsentChanged, WorkDue
from chat.core.ids import secret
from chat.core.model import Account, Contact, Message, Site
from chat.core.networks import Network
from chat.infra.audit import audit
from chat.infra.mail import Letter, Undelivered
from chat.infra.outbox import Outbox, Sealer
from chat.infra.services import Services
from chat.infra.store.outbox import LetterRow
from chat.infra.store.tx import Tx
from chat.letters import actions as letters
from chat.tickets.actions import transcripts

SOME = 50
TRIED, WINDOW = 20, 900.0
CATEGORIES = ("e-mail",)
Standing = Literal["good", "used", "expired", "withdrawn", "gone"]
"""What is the matter with a link."""


@dataclass(frozen=True)
class ReturnLink:
    """How a link stands. Where it was `good` and is used up now, there is a `token` of the `contact` (their id)."""

    standing: Standing
    token: str = ""
    contact: str = ""


async def sweep(services: Services) -> int:
    """Queue what is due, try each letter that waits, delete links that are over, and return how many letters went."""
    now = services.clock()
    await services.store.write(lambda tx: store.lapse(tx, now - DAYS * DAY))
    if services.mails_links:
        for row in await services.store.read(lambda tx: store.list_due(tx, now, SOME)):
            await _queue(services, row.ticket_id, row.uid)
    return await OUTBOX.sweep(services)


async def _queue(services: Services, ticket_id: int, uid: str) -> None:
    def work(tx: Tx) -> None:
        try:
            contact = contacts.by_uid(tx, uid, lock=True)
        except NotFound:  # erased since
            return
        unread = store.list_unread(tx, ticket_id)
        to = letters.given_address(services, contact)
        # Looked at again, now that the ticket is locked: another process may have been here.
        if not to or not unread or store.is_mailed(tx, ticket_id):
            return
        queued = _write(services, tx, contact, to, unread)
        store.put(tx, ticket_id, contact.id, unread[0].seq, queued, services.clock())

    await services.store.write(work)


def _write(services: Services, tx: Tx, contact: Contact, to: str, unread: list[Message]) -> str:
    """Put a letter and its link in, and return the letter's id."""
    account, site = accounts.one(tx, contact.account_id), accounts.site_by_id(tx, contact.site_id)
    t, back = services.gathered.locales.words(contact.locale), secret()
    store.put_link(tx, digest(back), contact.id, services.clock() + DAYS * DAY)
    base = f"{services.settings.base_url}/answers/{site.key}"
    stop = f"{base}/stop/{services.tokens.unsubscribe(contact.uid)}"
    said = _said(services, contact, unread) if account[ANSWER_TEXT] else ""
    key = "mail.answer.with_text" if said else "mail.answer.text"
    # What was said is filled in last, so that nothing in it is taken for a part of ours.
    text = t(key, name=account.name, link=f"{base}#{back}", stop=stop, days=DAYS).replace("{said}", said)
    whose = Sealer(contact.id, contact.uid, contact.key_slot)
    return OUTBOX.queue(services, tx, whose, to, t("mail.answer", name=account.name), text, stop)


def _said(services: Services, contact: Contact, unread: list[Message]) -> str:
    shown = [transcripts.message_out(services, contact, 0, each, {}, agents=False) for each in unread]
    return "\n\n".join(text for each in shown if (text := getattr(each, "text", "")))


async def get_standing(services: Services, site_key: str, link: str, network: Network) -> ReturnLink:
    """Return how a link stands, and use nothing up: programs look into mail too. Raises NotFound, RateLimited."""
    return await _look(services, site_key, link, network, using=False)


async def use_link(services: Services, site_key: str, link: str, network: Network) -> ReturnLink:
    """Use a link up, and return the visitor's token that it gives. Raises NotFound, RateLimited."""
    return await _look(services, site_key, link, network, using=True)


async def _look(services: Services, site_key: str, link: str, network: Network, *, using: bool) -> ReturnLink:
    if wait := await services.bus.allow_from("answers", network, TRIED, WINDOW):
        raise RateLimited("That was asked for often just now; wait a little", retry_after=wait)
    now = services.clock()

    def work(tx: Tx) -> ReturnLink:
        site = accounts.site_by_key(tx, site_key)
        row = store.find_link(tx, site.account_id, digest(link))
        if row is None:
            return ReturnLink("gone")
        contact = contacts.by_id(tx, row.contact_id)
        if contact.receipt_id is None:
            return ReturnLink("withdrawn")
        if row.used or row.expires_at <= now:
            return ReturnLink("used" if row.used else "expired")
        if not using:
            return ReturnLink("good")
        store.use_link(tx, row)
        audit.record(services, tx, contact.account_id, "visitor", "answer.opened", contact.uid, contact.uid)
        return ReturnLink("good", services.tokens.visitor(contact.uid, site.key, now), contact.uid)

    return await services.store.write(work)


async def get_account(services: Services, site_key: str) -> tuple[Account, Site]:
    """Return whose answers a site's are. Raises NotFound where no site has the key."""

    def work(tx: Tx) -> tuple[Account, Site]:
        site = accounts.site_by_key(tx, site_key)
        return accounts.one(tx, site.account_id), site

    return await services.store.read(work)


async def unsubscribe(services: Services, shown: str) -> None:
    """End mail about answers to whom `shown` names. Who is gone gets none anyway. Raises Unauthorized."""
    uid = services.tokens.read_unsubscribe(shown)

    def work(tx: Tx) -> Contact | None:
        try:
            contact = contacts.by_uid(tx, uid, lock=True)
        except NotFound:
            return None
        return contact if _end(services, tx, contact, "visitor") else None

    ended = await services.store.write(work)
    if ended is not None:
        services.bus.publish(ConsentChanged(ended.account_id, ended.id), WorkDue())


def _end(services: Services, tx: Tx, contact: Contact, who: str) -> bool:
    if not consent.end_purpose(services, tx, contact, ANSWERS):
        return False
    audit.record(services, tx, contact.account_id, who, "answers.ended", contact.uid, contact.uid)
    return True


def _claimed(services: Services, tx: Tx, row: LetterRow, letter: Letter) -> bool:
    """Whether a letter may still go: since it was queued it may have been read, withdrawn, or given another address."""
    if row.email_hash != services.email_hash(row.account_id, letter.to) or not store.is_wanted(tx, row.id):
        store.drop(tx, row.id)
        return False
    categories = letters.CATEGORIES if accounts.one(tx, row.account_id)[ANSWER_TEXT] else CATEGORIES
    letters.disclose(services, tx, row, letter, categories)
    audit.record(services, tx, row.account_id, "system", "answer.mailed", row.id, row.uid)
    return True


def _undelivered(services: Services, tx: Tx, row: LetterRow, why: Undelivered | None) -> None:
    """Take back that it was sent. Where nobody is at the address, such mail ends, and agents see that."""
    letters.take_back(services, tx, row, why)
    if why is None or not why.bounced:
        return
    store.mark_bounced(tx, row.id)
    _end(services, tx, contacts.by_uid(tx, row.uid, lock=True), "system")


OUTBOX = Outbox(store.LETTERS, _claimed, _undelivered)
