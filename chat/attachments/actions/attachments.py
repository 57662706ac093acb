"""Files that people send: taken with a live consent, drawn anew where they are images, sealed, given back, swept."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from chat.account.actions import quotas
from chat.attachments import store as uploads
from chat.attachments.actions import looking
from chat.attachments.domain import filetypes
from chat.attachments.domain.looking import Looked
from chat.core import frames
from chat.core.crypt import KEY_BYTES, SEALED_CHUNK, derive, seal_chunks, unseal_chunks
from chat.core.errors import NotFound, RateLimited, StorageFull, TooLarge
from chat.core.ids import uuid7
from chat.core.model import Attachment, Contact
from chat.core.turns import Sender
from chat.infra.blobs import PREVIEW
from chat.infra.disk import MB
from chat.infra.services import Services
from chat.infra.store.tx import Tx

# A file is read in memory and never written to the disk in plain: larger ones would need uploads in pieces.
FILE_MOST = 10 * 1024 * 1024
WAITING_MOST, AN_HOUR, STOPPED = 20, 60, 20
"""A file that was stopped spends the hour's allowance as so many others do."""
UNUSED_MS, LEFTOVER_MS = 24 * 3_600_000, 3_600_000
SWEPT = 500


@dataclass(frozen=True)
class File:
    """A file to be given back: `pieces` are its plain bytes."""

    name: str
    type: str
    size: int | None
    pieces: Iterator[bytes]


async def keep(services: Services, contact: Contact, author: str, name: str, data: bytes) -> frames.AttachmentOut:
    """
    Keep a file that was admitted until a message names it, within a day. A visitor's needs a live consent, in the same
    transaction.

    Raises InvalidField for what is no file we take, TooLarge, StorageFull, Unavailable, ConsentRequired.
    """
    if len(data) > FILE_MOST:
        raise TooLarge(f"A file has at most {FILE_MOST // 2**20} MB")
    looked = await _looked(services, contact, author, data)
    key, uid, blob = secrets.token_bytes(KEY_BYTES), uuid7(), services.blobs.new_name()
    sealed = partial(services.seal, contact.key_slot, contact.uid)
    made = Attachment(
        id=uid,
        contact_id=contact.id,
        ticket_id=None,
        seq=None,
        author=author,
        blob=blob,
        name=sealed(f"attachment/{uid}/name", filetypes.tidy(name, looked.type)),
        file_key=sealed(f"attachment/{uid}/key", key.hex()),
        type=looked.type,
        size=len(looked.data),
        preview=bool(looked.small),
        width=looked.width,
        height=looked.height,
        created_at=services.clock(),
    )
    try:
        async with quotas.reserve(services, contact, len(looked.data) + len(looked.small)):
            # The file first: a file without a row is swept, a row without its file would be a broken link in a message.
            await asyncio.to_thread(_write, services, contact.uid, made, key, looked)
            await services.store.write(lambda tx: _enter(services, tx, contact, made))
    # Also where the request was given up: until the sweep nobody else would know of these bytes.
    except BaseException:
        await asyncio.to_thread(services.blobs.remove, contact.uid, blob)
        raise
    return file_out(services, contact, made)


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
        known = await services.store.read(partial(uploads.known, pairs=pairs))
        for each in set(pairs) - known:
            await asyncio.to_thread(services.blobs.discard, *each)
            left += 1
    return unused + left


async def admit(services: Services, contact: Contact, author: str) -> None:
    """Spend the allowance for a file before any of it is read. Raises RateLimited, StorageFull."""
    wait = await _spend(services, contact, author)
    if wait:
        raise RateLimited("Too many files; wait a little", retry_after=wait)
    if await services.store.read(lambda tx: uploads.waiting(tx, contact.id, author)) >= WAITING_MOST:
        raise RateLimited("Send the files that wait first", retry_after=60)
    quotas.has_room(services, FILE_MOST)
    await services.store.read(lambda tx: _within_quota(services, tx, contact, 1))
    await quotas.takes(services, contact)


async def _looked(services: Services, contact: Contact, author: str, data: bytes) -> Looked:
    """Have a file looked at in its sender's turn. One that was stopped spends more of the allowance."""
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


def _enter(services: Services, tx: Tx, contact: Contact, made: Attachment) -> None:
    uploads.keep(tx, made, consent=made.author == "visitor")  # locks the contact: no other file comes between
    _within_quota(services, tx, contact, 0)


def _write(services: Services, owner: str, file: Attachment, key: bytes, looked: Looked) -> None:
    services.blobs.write(owner, file.blob, seal_chunks(derive(key, "file"), looked.data))
    if looked.small:
        services.blobs.write(owner, file.blob + PREVIEW, seal_chunks(derive(key, "preview"), looked.small))


def open_file(services: Services, contact: Contact, file: Attachment, *, small: bool = False) -> File:
    """Return a file whose row was read, or the small image of it. Raises NotFound."""
    if small and not file.preview:
        raise NotFound("There is no small image of this file")
    held = services.unseal(contact.key_slot, contact.uid, f"attachment/{file.id}/key", file.file_key)
    if held is None:
        raise NotFound("This file is not there any more")
    key, name = bytes.fromhex(held), file_out(services, contact, file).name
    chunks = services.blobs.read(contact.uid, file.blob + (PREVIEW if small else ""), SEALED_CHUNK)
    plain = unseal_chunks(derive(key, "preview" if small else "file"), chunks)
    return File(name, file.type, None if small else file.size, plain)


def file_out(services: Services, contact: Contact, file: Attachment) -> frames.AttachmentOut:
    """Return an attachment as messages show it. Raises NotFound where its row does not open as the contact's."""
    name = services.unseal(contact.key_slot, contact.uid, f"attachment/{file.id}/name", file.name)
    if name is None:
        raise NotFound("This file is not there any more")
    size = {} if file.width is None or file.height is None else {"width": file.width, "height": file.height}
    # Tidied again: it may have been kept when less was known of names.
    return frames.AttachmentOut(file.id, filetypes.tidy(name, file.type), file.size, file.type, file.preview, **size)
