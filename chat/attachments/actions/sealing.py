"""A file under a key of its own: written sealed, its name and its key sealed for whoever's it is, opened again."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from chat.account.actions import quotas
from chat.attachments.domain import filetypes
from chat.attachments.domain.looking import Looked
from chat.core import frames
from chat.core.crypt import KEY_BYTES, SEALED_CHUNK, derive, seal_chunks, unseal_chunks
from chat.core.errors import NotFound
from chat.core.ids import uuid7
from chat.core.model import Contact, KeptFile
from chat.infra.blobs import PREVIEW
from chat.infra.services import Services
from chat.infra.store.tx import Tx


@dataclass(frozen=True)
class File:
    """A file to be given back: `pieces` are its plain bytes."""

    name: str
    type: str
    size: int | None
    pieces: Iterator[bytes]


@dataclass(frozen=True)
class FileOwner:
    """
    Whose files are: of which account, in which folder (`uid`), and what seals their fields and opens them, by context.
    """

    account_id: str
    uid: str
    seal: Callable[[str, str], bytes]
    unseal: Callable[[str, bytes | None], str | None]


def under(services: Services, account_id: str, slot: int, uid: str) -> FileOwner:
    """Return the owner of files that open with somebody's own key."""
    return FileOwner(account_id, uid, partial(services.seal, slot, uid), partial(services.unseal, slot, uid))


def of_contact(services: Services, contact: Contact) -> FileOwner:
    """Return a contact as the owner of files."""
    return under(services, contact.account_id, contact.key_slot, contact.uid)


async def keep(
    services: Services, owner: FileOwner, name: str, looked: Looked, enter: Callable[[Tx, KeptFile], None]
) -> KeptFile:
    """
    Write a file that was looked at, and `enter` its row. Raises StorageFull, Unavailable, and what `enter` does; then
    nothing of it is kept.
    """
    key, uid, blob = secrets.token_bytes(KEY_BYTES), uuid7(), services.blobs.new_name()
    made = KeptFile(
        id=uid,
        blob=blob,
        name=owner.seal(f"attachment/{uid}/name", filetypes.tidy(name, looked.type)),
        file_key=owner.seal(f"attachment/{uid}/key", key.hex()),
        type=looked.type,
        size=len(looked.data),
        preview=bool(looked.small),
        width=looked.width,
        height=looked.height,
        created_at=services.clock(),
    )
    try:
        async with quotas.reserve(services, owner.account_id, len(looked.data) + len(looked.small)):
            # The file first: a file without a row is swept, a row without its file would be a broken link in a message.
            await asyncio.to_thread(_write, services, owner.uid, blob, key, looked)
            await services.store.write(lambda tx: enter(tx, made))
    # Also where the request was given up: until the sweep nobody else would know of these bytes.
    except BaseException:
        await asyncio.to_thread(services.blobs.remove, owner.uid, blob)
        raise
    return made


def open_file(services: Services, owner: FileOwner, file: KeptFile, *, small: bool = False) -> File:
    """Return a file whose row was read, or the small image of it. Raises NotFound."""
    if small and not file.preview:
        raise NotFound("There is no small image of this file")
    held = owner.unseal(f"attachment/{file.id}/key", file.file_key)
    if held is None:
        raise NotFound("This file is not there any more")
    key, name = bytes.fromhex(held), file_out(owner, file).name
    chunks = services.blobs.read(owner.uid, file.blob + (PREVIEW if small else ""), SEALED_CHUNK)
    plain = unseal_chunks(derive(key, "preview" if small else "file"), chunks)
    return File(name, file.type, None if small else file.size, plain)


def file_out(owner: FileOwner, file: KeptFile) -> frames.AttachmentOut:
    """Return a file as messages show it. Raises NotFound where its row does not open as its owner's."""
    name = owner.unseal(f"attachment/{file.id}/name", file.name)
    if name is None:
        raise NotFound("This file is not there any more")
    size = {} if file.width is None or file.height is None else {"width": file.width, "height": file.height}
    # Tidied again: it may have been kept when less was known of names.
    return frames.AttachmentOut(file.id, filetypes.tidy(name, file.type), file.size, file.type, file.preview, **size)


def _write(services: Services, owner: str, blob: str, key: bytes, looked: Looked) -> None:
    services.blobs.write(owner, blob, seal_chunks(derive(key, "file"), looked.data))
    if looked.small:
        services.blobs.write(owner, blob + PREVIEW, seal_chunks(derive(key, "preview"), looked.small))
