"""Files that people send: taken with a live consent, drawn anew where they are images, sealed, given back, swept."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial

from chat.account.actions import quotas
from chat.attachments import store as uploads
from chat.attachments.actions import looking, sealing
from chat.attachments.actions.sealing import File
from chat.attachments.domain.looking import Looked
from chat.core import frames
from chat.core.errors import NotFound, RateLimited, StorageFull, TooLarge
from chat.core.model import Attachment, Contact, KeptFile
from chat.core.turns import Sender
from chat.infra.disk import MB
from chat.infra.services import Services
from chat.infra.store.tx import Tx

# A file is read in memory and never written to the disk in plain: larger ones would need uploads in pieces.
FILE_MOST = 10 * 1024 * 1024
WAITING_MOST, AN_HOUR, STOPPED = 20, 60, 20
"""A file that was stopped spends the hour's allowance as so many others do."""
UNUSED_MS, LEFTOVER_MS = 24 * 3_600_000, 3_600_000
SWEPT = 500


async def keep(services: Services, contact: Contact, author: str, name: str, data: bytes) -> frames.AttachmentOut:
    """
    Keep a file that was admitted until a message names it, within a day. A visitor's needs a live consent, in the same
    transaction.

    Raises InvalidField for what is no file we take, TooLarge, StorageFull, Unavailable, ConsentRequired.
    """
    return await keep_looked(services, contact, author, name, await _looked(services, contact, author, data))


async def keep_looked(
    services: Services, contact: Contact, author: str, name: str, looked: Looked
) -> frames.AttachmentOut:
    """Keep a file as `keep` does, once it was looked at."""

    def enter(tx: Tx, made: KeptFile) -> None:
        row = Attachment(**asdict(made), contact_id=contact.id, ticket_id=None, seq=None, author=author)
        uploads.keep(tx, row, consent=author == "visitor")  # locks the contact: no other file comes between
        _within_quota(services, tx, contact, 0)

    owner = sealing.of_contact(services, contact)
    return sealing.file_out(owner, await sealing.keep(services, owner, name, looked, enter))


async def list_named(
    services: Services, contact: Contact, author: str, ids: Sequence[str]
) -> tuple[frames.AttachmentOut, ...]:
    """Return what a message's frame says of the attachments that it names. Raises NotFound where one is not there."""
    found = await services.store.read(lambda tx: uploads.list_named(tx, contact.id, author, ids))
    if len(found) != len(ids):
        raise NotFound("An attachment is not there any more; send it again")
    return tuple(file_out(services, contact, each) for each in found)


async def of_visitor(services: Services, contact: Contact, attachment_id: str, *, small: bool) -> File:
    """Return a file of the visitor's own chats."""
    file = await services.store.read(lambda tx: uploads.one(tx, attachment_id, contact.id))
    return open_file(services, contact, file, small=small)


async def forget(services: Services, contact_uid: str) -> int:
    """Remove every file of a contact, with or without rows and keys, and return how many there were."""
    return await asyncio.to_thread(services.blobs.forget, contact_uid)


async def sweep(services: Services) -> int:
    """Remove uploads that no message has named within a day, and files that no row knows, and return how many."""
    now, unused = services.clock(), 0
    # The rows alone. Their files are then known by no row, and go with the leftovers below.
    while some := await services.store.write(lambda tx: uploads.drop_unused(tx, now - UNUSED_MS, SWEPT)):
        unused += some
    # Old enough that its row is not just being written.
    files = sorted(await asyncio.to_thread(services.blobs.all, (now - LEFTOVER_MS) / 1000))
    left = 0
    for start in range(0, len(files), SWEPT):
        pairs = files[start : start + SWEPT]
        for each in set(pairs) - await services.store.read(partial(_known, services, pairs)):
            await asyncio.to_thread(services.blobs.discard, *each)
            left += 1
    return unused + left


def _known(services: Services, pairs: Sequence[tuple[str, str]], tx: Tx) -> set[tuple[str, str]]:
    return {each for rows in services.gathered.file_rows for each in rows.known(tx, pairs)}


async def admit(services: Services, contact: Contact, author: str) -> None:
    """Spend the allowance for a file before any of it is read. Raises RateLimited, StorageFull."""
    wait = await _spend(services, contact, author)
    if wait:
        raise RateLimited("Too many files; wait a little", retry_after=wait)
    if await services.store.read(lambda tx: uploads.waiting(tx, contact.id, author)) >= WAITING_MOST:
        raise RateLimited("Send the files that wait first", retry_after=60)
    quotas.has_room(services, FILE_MOST)
    await services.store.read(lambda tx: _within_quota(services, tx, contact, 1))
    await quotas.takes(services, contact.account_id)


async def _looked(services: Services, contact: Contact, author: str, data: bytes) -> Looked:
    """Have a file looked at in its sender's turn. One that was stopped spends more of the allowance."""
    if len(data) > FILE_MOST:
        raise TooLarge(f"A file has at most {FILE_MOST // 2**20} MB")
    sender = Sender(contact.account_id, contact.uid if author == "visitor" else author)
    try:
        return await looking.look(services, sender, data)
    except looking.Stopped:
        await _spend(services, contact, author, STOPPED - 1)  # one was spent before it was read
        raise


async def _spend(services: Services, contact: Contact, author: str, cost: int = 1) -> float:
    """Spend some of a visitor's allowance, and return the seconds to wait. Agents have no limit."""
    if author != "visitor":
        return 0.0
    return await services.bus.allow(f"upload:{contact.uid}", AN_HOUR, 3600.0, cost)


def _within_quota(services: Services, tx: Tx, contact: Contact, size: int) -> None:
    """Raise StorageFull where a contact's files would be more than is kept of one person. A quota of 0 is no limit."""
    most = services.settings.contact_quota * MB
    if most and uploads.bytes_of(tx, contact_id=contact.id) + size > most:
        raise StorageFull("No more files are kept of this person; delete some first")


def open_file(services: Services, contact: Contact, file: Attachment, *, small: bool = False) -> File:
    """Return a contact's file whose row was read, or the small image of it. Raises NotFound."""
    return sealing.open_file(services, sealing.of_contact(services, contact), file, small=small)


def file_out(services: Services, contact: Contact, file: Attachment) -> frames.AttachmentOut:
    """Return an attachment as messages show it. Raises NotFound where its row does not open as the contact's."""
    return sealing.file_out(sealing.of_contact(services, contact), file)
