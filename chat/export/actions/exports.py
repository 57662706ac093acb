"""
Handing over what is held of a contact (Art. 15 and 20 GDPR): at once where it is little, otherwise asked for, built by
the sweep in `archives`, fetched, and gone when it expires.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from msgspec import Struct

from chat.account import store as accounts
from chat.account.actions import quotas
from chat.consent.actions import consent
from chat.contacts.store import contacts, holds, persons
from chat.core import access
from chat.core.addresses import address
from chat.core.clock import DAY, stamp
from chat.core.crypt import SEALED_CHUNK, derive, unseal_chunks
from chat.core.errors import BeingErased, NotFound, RateLimited
from chat.core.events import WorkDue
from chat.core.ids import uuid7
from chat.core.model import Actor, Contact
from chat.core.tokens import Visitor
from chat.export.actions import archive as archives
from chat.export.actions import holdings
from chat.export.store import exports
from chat.export.store import holdings as held
from chat.export.store.exports import Export
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.retention.actions import rules
from chat.tickets.store import tickets

AT_ONCE, AT_ONCE_BYTES = 1000, 20 * 1024 * 1024
AN_HOUR = 20


class ExportView(Struct, frozen=True):
    """
    An export as lists show it: `progress` in percent, `size` in bytes once it is done, times are RFC 3339;
    `waits_for_room` where the disk is nearly full.
    """

    id: str
    contact_id: str
    state: str
    waits_for_room: bool
    progress: int
    source: str
    size: int | None
    requested_at: str
    done_at: str | None
    expires_at: str


@dataclass(frozen=True)
class Archive:
    """An archive to be handed over: `pieces` are its plain bytes."""

    name: str
    size: int
    pieces: Iterator[bytes]


async def of_visitor(services: Services, visitor: Visitor) -> Contact:
    """
    Return the contact that a visitor's token speaks for, who may have all of it, agreed to a newer notice or not.

    Raises Unauthorized and ConsentRequired where they were erased or have withdrawn, RateLimited.
    """
    contact = await own(services, visitor)
    wait = await services.bus.allow(f"export:{contact.uid}", AN_HOUR, 3600.0)
    if wait:
        raise RateLimited("That was asked for many times; wait a little", retry_after=wait)
    return contact


async def own(services: Services, visitor: Visitor) -> Contact:
    """Return the contact that a visitor's token speaks for, to see what was asked for before."""
    return await consent.reader_of(services, visitor)


def source(actor: Actor) -> str:
    """Return what an agent asks by: agent in the pages, api for programs."""
    return "agent" if actor.session_id else "api"


async def of_agent(services: Services, actor: Actor, contact_uid: str) -> list[Contact]:
    """
    Return a contact of the account whose data the actor may hand over, and all who are the same person. Who is under a
    legal hold, for owner and admin alone. BeingErased where one has withdrawn: what is left nobody reads any more.
    """
    access.require(actor, "contact.export")

    def work(tx: Tx) -> list[Contact]:
        theirs = persons.whole(tx, contacts.of_account(tx, actor.account_id, contact_uid))
        ids = [each.id for each in theirs]
        # A hold hides the contact from agents, so it must look like nobody here too.
        if not access.can(actor, "contact.export_held") and holds.until(tx, ids):
            raise NotFound("No such contact")
        # Nothing may be handed over that the actor does not see in the inbox.
        if not {*ids} <= tickets.contacts_seen(tx, ids, actor.departments, wholly=True):
            raise NotFound("No such contact")
        return [_readable(each) for each in theirs]

    return await services.store.read(work)


async def of_email(services: Services, email: str) -> list[Contact]:
    """
    Return every contact with an address, in all accounts, and who is one person with one of them. Raises NotFound,
    BeingErased where all withdrew, and InvalidField where it is no address.
    """

    def work(tx: Tx) -> list[Contact]:
        of = [each.id for each in accounts.all_of(tx)]
        found = [each for one in of for each in contacts.page(tx, one, services.found_by(one, email), 0, None)]
        return list({each.uid: each for one in found for each in (one, *persons.whole(tx, one))}.values())

    found = await services.store.read(work)
    if not found:
        address(email)
        raise NotFound("No contact has this address")
    readable = [each for each in found if each.receipt_id is not None]
    return readable or [_readable(found[0])]


async def document(
    services: Services, contact: Contact, who: str, merged: Sequence[Contact] = ()
) -> AsyncIterator[bytes]:
    """Return everything as JSON, piece by piece, of those `merged` too. `who` asks, as the audit log names them."""
    subject = await _hand_over(services, contact, who, merged)
    return archives.as_json(services, subject)


async def archive(
    services: Services, contact: Contact, who: str, merged: Sequence[Contact] = ()
) -> AsyncIterator[bytes]:
    """Return the archive, piece by piece, made while it is read."""
    subject = await _hand_over(services, contact, who, merged)
    return archives.zipped(services, subject)


async def little(services: Services, whom: Sequence[Contact]) -> bool:
    """Whether an archive is made while somebody waits: up to AT_ONCE messages and notes, AT_ONCE_BYTES of files."""

    def work(tx: Tx) -> bool:
        few = sum(held.said(tx, each.id) for each in whom) <= AT_ONCE
        return few and sum(exports.bytes_of_files(tx, each.id) for each in whom) <= AT_ONCE_BYTES

    return await services.store.read(work)


async def ask(
    services: Services, contact: Contact, source: str, who: str, merged: Sequence[Contact] = ()
) -> ExportView:
    """File an export, and return how it stands: `ask_once` without an id."""
    return (await ask_once(services, contact, source, who, merged))[0]


async def ask_once(
    services: Services, contact: Contact, source: str, who: str, merged: Sequence[Contact] = (), made_id: str = ""
) -> tuple[ExportView, bool]:
    """
    File an export, once by its id, and return how it stands, and whether one of the contact had the id. One that is not
    ready yet, or younger than a day, is the one. `source` is visitor, link, agent, api or command.

    Raises StorageFull where the disk has no room. No quota stands against it. BeingErased where the contact has
    withdrawn meanwhile, and NotFound where the id is another contact's.
    """
    now, named = services.clock(), made_id or uuid7()
    quotas.has_room(services)

    def work(tx: Tx) -> tuple[Export, bool]:
        # Locked, so that two who ask at once get the same one.
        known = _readable(contacts.by_uid(tx, contact.uid, lock=True))
        before = exports.known(tx, named, known.id)
        if before is not None:
            return before, True
        days = rules.policy_of(services, tx, known.account_id).days["exports"]
        made = {"id": named, "source": source, "requested_at": now, "expires_at": now + days * DAY}
        made |= {"merged": [each.uid for each in merged]}
        filed = exports.one(tx, exports.put(tx, known.id, made, now - DAY), contact_id=known.id)
        if filed.id == named:
            for each in (known, *merged):
                audit.record(services, tx, known.account_id, who, "contact.exported", filed.id, contact=each.uid)
        return filed, False

    filed, again = await services.store.write(work)
    services.bus.publish(WorkDue())
    return export_view(services, filed, contact.uid), again


async def mine(services: Services, contact: Contact) -> list[ExportView]:
    """Return a contact's exports, newest first."""
    found = await services.store.read(lambda tx: exports.of_contact(tx, contact.id))
    return [export_view(services, each, contact.uid) for each in found]


async def page(services: Services, actor: Actor, before: str | None, limit: int) -> tuple[list[ExportView], str | None]:
    """Return the account's exports, newest first, and where the next page begins. Owner or admin."""
    access.require(actor, "export.list")
    found = await services.store.read(lambda tx: exports.page(tx, actor.account_id, before, limit + 1))
    items = [export_view(services, each, uid) for each, uid in found[:limit]]
    return items, items[-1].id if len(found) > limit else None


async def state(services: Services, actor: Actor, export_id: str) -> ExportView:
    """Return how an export of the account stands."""
    access.require(actor, "contact.export")
    found, contact = await _of_account(services, actor, export_id)
    return export_view(services, found, contact.uid)


async def fetch(services: Services, contact: Contact, export_id: str) -> Archive:
    """Return the archive of a contact's export. NotFound where it is not ready, has expired or is another's."""

    def work(tx: Tx) -> tuple[Export, list[Contact]]:
        found = exports.one(tx, export_id, contact_id=contact.id)
        return found, [contacts.of_account(tx, contact.account_id, each) for each in found.merged]

    found, merged = await services.store.read(work)
    # Its time is asked here too: the sweep that deletes it may be late.
    if found.state != "done" or found.blob is None or found.expires_at <= services.clock():
        raise NotFound("This export is not there to be fetched: it is not ready, or has expired")
    return _opened(services, [contact, *merged], found)


async def fetch_by_agent(services: Services, actor: Actor, export_id: str) -> Archive:
    """Return the archive of an export of the account, and enter who fetched it."""
    access.require(actor, "contact.export")
    _, contact = await _of_account(services, actor, export_id)
    made = await fetch(services, contact, export_id)
    who = actor.agent_id
    await services.store.write(
        lambda tx: audit.record(
            services, tx, contact.account_id, who, "contact.exported", export_id, contact=contact.uid
        )
    )
    return made


async def drop(services: Services, actor: Actor, export_id: str) -> None:
    """Delete an export of the account before it expires. Owner or admin."""
    access.require(actor, "export.delete")
    found, contact = await _of_account(services, actor, export_id)
    await remove(services, contact.uid, found)


async def remove(services: Services, contact_uid: str, found: Export) -> None:
    """Delete an export: the row first, and the file's key with it, then the file."""
    await services.store.write(lambda tx: exports.drop(tx, found.id))
    if found.blob is not None:
        await asyncio.to_thread(services.archives.remove, contact_uid, found.blob)


def export_view(services: Services, found: Export, contact_uid: str) -> ExportView:
    """Return an export as lists show it."""
    done = found.state == "done"
    return ExportView(
        id=found.id,
        contact_id=contact_uid,
        state=found.state,
        waits_for_room=found.state == "queued" and not quotas.roomy(services),
        progress=100 if done else min(99, 100 * found.done // max(1, found.total)),
        source=found.source,
        size=found.size if done else None,
        requested_at=stamp(found.requested_at),
        done_at=None if found.done_at is None else stamp(found.done_at),
        expires_at=stamp(found.expires_at),
    )


def seal_key(services: Services, whose: Sequence[Contact], export_id: str, key: str) -> bytes:
    """Return the key of an export's file, sealed under that of each who is in it: it opens while all are there."""
    sealed = b""
    for each in whose:
        sealed = services.seal(each.key_slot, each.uid, f"export/{export_id}/key", key)
        key = sealed.hex()
    return sealed


def file_key(services: Services, whose: Sequence[Contact], found: Export) -> bytes:
    """
    Return the key of an export's file, for those who are in it, in the order in which it was sealed. Raises NotFound
    where it does not open.
    """
    sealed, opened = found.file_key, None
    for each in reversed(whose):
        opened = services.unseal(each.key_slot, each.uid, f"export/{found.id}/key", sealed)
        if opened is None:
            raise NotFound("This archive is not there any more; ask for another")
        sealed = bytes.fromhex(opened)
    return derive(sealed or b"", "export")


def _opened(services: Services, whose: Sequence[Contact], found: Export) -> Archive:
    contact, key = whose[0], file_key(services, whose, found)
    chunks = services.archives.read(contact.uid, found.blob or "", SEALED_CHUNK)
    day = stamp(found.done_at or found.requested_at)[:10]
    return Archive(f"export-{day}.zip", found.size, unseal_chunks(key, chunks))


async def _of_account(services: Services, actor: Actor, export_id: str) -> tuple[Export, Contact]:
    def work(tx: Tx) -> tuple[Export, str]:
        found = exports.one(tx, export_id, account_id=actor.account_id)
        return found, contacts.by_id(tx, found.contact_id).uid

    found, uid = await services.store.read(work)
    # Asked for before they were one person, it is of this one alone; the actor must see all that they are now.
    seen = await of_agent(services, actor, uid)
    return found, next(each for each in seen if each.uid == uid)


async def _hand_over(services: Services, contact: Contact, who: str, merged: Sequence[Contact]) -> holdings.Subject:
    """Return whom it is about, once the log says that it was handed over."""
    subject = await holdings.subject(services, _readable(contact), merged)

    def work(tx: Tx) -> None:
        for each in (contact, *merged):
            audit.record(services, tx, contact.account_id, who, "contact.exported", contact=each.uid)

    await services.store.write(work)
    return subject


def _readable(contact: Contact) -> Contact:
    if contact.receipt_id is None:
        raise BeingErased("This contact has withdrawn; what is left is being erased, and nobody reads it any more")
    return contact
