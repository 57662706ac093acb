"""
A mailed link to one's own data: asked for by address, answered alike whoever asks, opened once, good for little time.

The secret is 256 random bits, kept as a hash. It reaches the page in the fragment of an address, which no browser
sends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from msgspec import Struct

from chat.account import store as accounts
from chat.consent.actions import notices
from chat.contacts.store import contacts
from chat.core import access
from chat.core.addresses import address
from chat.core.clock import stamp
from chat.core.crypt import digest
from chat.core.errors import ConsentRequired, InvalidField, NotFound, RateLimited, Unauthorized
from chat.core.events import WorkDue
from chat.core.ids import secret
from chat.core.model import Account, Actor, Contact, Site
from chat.core.networks import Network
from chat.erasure.actions import erasure
from chat.erasure.domain.settings import GRACE_DAYS
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.letters import actions as letters
from chat.rights import store as links
from chat.tickets.actions import tickets

MINUTE = 60_000
MAILED, OPENED = 60 * MINUTE, 30 * MINUTE
WINDOW = 900.0
ASKED_NETWORK, ASKED_ADDRESS, TRIED, WAITING = 10, 3, 20, 3
A_DAY = 86_400.0
LINKS_ADDRESS, TRANSCRIPTS_ADDRESS, TRANSCRIPTS_ACCOUNT = 10, 3, 500
"""So many a day. An account's links are not counted: nobody may use up others' way to their data."""
# Longer than looking, sealing and storing take, so that how long an answer takes tells nobody what was found.
EVEN = 0.4


@dataclass(frozen=True)
class Written:
    """The letter in the reader's language. `{link}` in its text is where the link goes."""

    subject: str
    text: str


class HeldData(Struct, frozen=True):
    """
    How much is held and since when (RFC 3339), of which contacts an export can be had, and the days between
    withdrawal and erasure.
    """

    contacts: int
    contact_ids: list[str]
    since: str
    chats: int
    messages: int
    files: int
    receipts: int
    grace_days: int


@dataclass(frozen=True)
class OpenedLink:
    """
    What opening a link gives: a secret for this page, until when (ms), how much is held, and whether a `transcript`
    is mailed now, which was asked for with the link.
    """

    secret: str
    until: int
    held: HeldData
    transcript: bool = False


async def ask(services: Services, site_key: str, email: str, letter: Written, network: Network) -> None:
    """
    Mail a link to whoever owns an address, if the site's account holds anything of theirs. Tell nobody whether it does.

    Raises NotFound where no mail can be sent, InvalidField where this is no address, RateLimited.
    """
    site = await services.store.read(lambda tx: accounts.site_by_key(tx, site_key))
    found_by = services.email_hash(site.account_id, address(email))
    await _mailable(services, email)
    # The network first: who is stopped there uses up nobody's links to their own address.
    _waits(await services.bus.allow_from("link", network, ASKED_NETWORK, WINDOW))
    _waits(await services.bus.allow(f"link:{found_by}", ASKED_ADDRESS, WINDOW))
    _waits(await services.bus.allow(f"links:{found_by}", LINKS_ADDRESS, A_DAY))
    await asyncio.gather(_mail(services, site, found_by, letter), asyncio.sleep(EVEN))


async def ask_for_transcript(services: Services, contact: Contact, network: Network) -> None:
    """
    Mail a link to the address a contact gave. Once it is opened there, the transcript follows. Until then nobody knows
    whose address it is, so the letter holds none of the visitor's words.

    Raises NotFound where no mail can be sent, InvalidField where no address was given, RateLimited.
    """
    to = await _address_of(services, contact)
    _waits(await services.bus.allow_from("transcript", network, ASKED_NETWORK, WINDOW))
    await _mail_for_transcript(services, contact, to, "mail.transcript.ask")


async def offer_transcript(services: Services, actor: Actor, number: int) -> None:
    """
    Do the same for the contact of a ticket, as an agent asks for it. Raises ConsentRequired where their consent has
    ended, and RateLimited also where enough links are on their way to them.
    """
    access.require(actor, "ticket.answer")
    contact = (await tickets.one(services, actor, number)).contact
    if contact.notice_version is None:
        raise ConsentRequired("Whose consent has ended is sent nothing")
    to = await _address_of(services, contact)

    def record(tx: Tx) -> None:
        audit.record(services, tx, actor.account_id, actor.agent_id, "transcript.offered", str(number), contact.uid)

    if not await _mail_for_transcript(services, contact, to, "mail.transcript.offer", record):
        _waits(WINDOW)


async def _address_of(services: Services, contact: Contact) -> str:
    to = letters.given_address(services, contact)
    if not to:
        raise InvalidField("No address was given to send it to", field="email")
    await _mailable(services, to)
    return to


async def _mail_for_transcript(
    services: Services, contact: Contact, to: str, key: str, record: Callable[[Tx], None] = lambda _: None
) -> bool:
    _waits(await services.bus.allow(f"transcript:{services.email_hash('mail', to)}", TRANSCRIPTS_ADDRESS, A_DAY))
    _waits(await services.bus.allow(f"transcript:{contact.account_id}", TRANSCRIPTS_ACCOUNT, A_DAY))
    found_by = services.email_hash(contact.account_id, to)
    account, site = await services.store.read(
        lambda tx: (accounts.one(tx, contact.account_id), accounts.site_by_id(tx, contact.site_id))
    )
    t = services.gathered.locales.words(contact.locale)
    written = Written(*(t(each, name=account.name) for each in ("mail.transcript", key)))
    return await _mail(services, site, found_by, written, contact.id, record)


async def open_link(services: Services, site_key: str, mailed: str, network: Network) -> OpenedLink:
    """
    Use a mailed link up. Unauthorized where it was used, has expired, or is not one of the account's: they look alike.
    """
    _waits(await services.bus.allow_from("open", network, TRIED, WINDOW))
    fresh, now = secret(), services.clock()
    until = now + OPENED

    def work(tx: Tx) -> bool:
        site = accounts.site_by_key(tx, site_key)
        return links.open_link(tx, site.account_id, digest(mailed), digest(fresh), now, until)

    if not await services.store.write(work):
        raise _stale()
    known = await count_held(services, site_key, fresh)
    return OpenedLink(fresh, until, known, transcript=await _mail_transcript(services, site_key, fresh))


async def count_held(services: Services, site_key: str, shown: str) -> HeldData:
    """Return how much is held of the contacts that an opened link covers."""
    found = await list_covered(services, site_key, shown)

    def work(tx: Tx) -> tuple[links.HeldCounts, int]:
        account = accounts.one(tx, found[0].account_id)
        return links.count_held(tx, [each.id for each in found]), account[GRACE_DAYS]

    counts, grace_days = await services.store.read(work)
    return HeldData(
        contacts=len(found),
        contact_ids=[each.uid for each in found if each.receipt_id is not None],
        since=stamp(min(each.created_at for each in found)),
        chats=counts.chats,
        messages=counts.messages,
        files=counts.files,
        receipts=counts.receipts,
        grace_days=grace_days,
    )


async def list_covered(services: Services, site_key: str, shown: str) -> list[Contact]:
    """Return the contacts that an opened link covers. Raises Unauthorized where it is not good any more."""

    def work(tx: Tx) -> list[Contact]:
        site = accounts.site_by_key(tx, site_key)
        return links.list_covered(tx, site.account_id, digest(shown), services.clock())

    found = await services.store.read(work)
    if not found:
        raise _stale()
    return found


async def get_covered(services: Services, site_key: str, shown: str, contact_uid: str) -> Contact:
    """Return one of the contacts that an opened link covers. Raises NotFound."""
    found = [each for each in await list_covered(services, site_key, shown) if each.uid == contact_uid]
    if not found:
        raise NotFound("No such contact")
    return found[0]


async def forget(services: Services, site_key: str, shown: str, *, at_once: bool) -> list[str]:
    """
    Withdraw and erase every contact that a link covers, at once or after the account's grace, and return the numbers.
    """
    return [
        await erasure.by_link(services, each, at_once=at_once) for each in await list_covered(services, site_key, shown)
    ]


async def sweep(services: Services) -> int:
    """Delete the links that are over, and return how many."""
    return await services.store.write(lambda tx: links.lapse(tx, services.clock()))


async def account_and_site(services: Services, site_key: str) -> tuple[Account, Site]:
    """Return whose privacy page this is. Raises NotFound where no site has the key."""
    account, site, _ = await notices.site_and_notice(services, site_key)
    return account, site


def _waits(wait: float) -> None:
    if wait:
        raise RateLimited("That was asked for often just now; wait a little", retry_after=wait)


async def _mail_transcript(services: Services, site_key: str, shown: str) -> bool:
    """
    Mail the transcript that was asked for with a link, now that its reader has opened it. Return False where none was.
    """
    asked = await services.store.read(lambda tx: links.transcript_of(tx, digest(shown)))
    for each in await list_covered(services, site_key, shown):
        to = letters.given_address(services, each)
        if each.id == asked and each.receipt_id is not None and to:
            await letters.queue_transcript(services, each, to)
            return True
    return False


async def _mailable(services: Services, to: str) -> None:
    if not services.mails_links:
        raise NotFound("This server mails no links")
    if await asyncio.to_thread(services.mailer.refuses, to):
        raise InvalidField("Mail from here cannot go to letters like these before the @", field="email")


async def _mail(
    services: Services,
    site: Site,
    found_by: str,
    letter: Written,
    transcript_of: int = 0,
    record: Callable[[Tx], None] = lambda _: None,
) -> bool:
    """Put a link into the outbox, and `record` it; return False where nobody is found, or enough are on their way."""
    mailed, now = secret(), services.clock()
    page = f"{services.settings.base_url}/privacy/{site.key}#{mailed}"

    def work(tx: Tx) -> bool:
        owned = _owned(services, tx, site, found_by)
        ids = [each.id for each, _ in owned]
        if not owned or links.waiting(tx, ids, now) >= WAITING:
            return False
        links.put(tx, digest(mailed), ids, now + MAILED, transcript_of)
        # To the address as it was given in a chat, never as it was typed now, which may only look like it.
        letters.queue(services, tx, *owned[-1], letter.subject, letter.text.replace("{link}", page))
        record(tx)
        return True

    queued = await services.store.write(work)
    services.bus.publish(WorkDue())
    return queued


def _owned(services: Services, tx: Tx, site: Site, found_by: str) -> list[tuple[Contact, str]]:
    """
    Return the contacts that an address belongs to, with it. The column alone is no proof, as whoever has the database
    can write it: what opens under the contact's key must be the same address.
    """
    found = [
        (each, letters.given_address(services, each))
        for each in contacts.page(tx, site.account_id, [found_by], 0, None)
    ]
    return [(each, to) for each, to in found if to and services.email_hash(site.account_id, to) == found_by]


def _stale() -> Unauthorized:
    return Unauthorized("This link was used, has expired, or is not one of ours; ask for another")
