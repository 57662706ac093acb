"""What a restore does again of messages, files and tickets that were deleted."""

from __future__ import annotations

import asyncio
import contextlib

from chat.attachments import store as uploads
from chat.core.errors import NotFound
from chat.core.model import Attachment
from chat.infra.gathered import Entered
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.spam_filter.actions import training
from chat.tickets.store import editing, redaction


async def redact(services: Services, what: Entered) -> None:
    """Redact a message, or a part of it, again."""

    def work(tx: Tx) -> list[Attachment]:
        with contextlib.suppress(NotFound):
            return redaction.redact(tx, what["ticket"], what["seq"], services.clock(), what["part"])[1]
        return []

    for file in await services.store.write(work):
        await asyncio.to_thread(services.blobs.remove, what["contact"], file.blob)
    await training.relearn(services, what["contact"])


async def edit(services: Services, what: Entered) -> None:
    """Empty a message that was changed since the backup: the text that it had then is nobody's any more."""

    def work(tx: Tx) -> list[Attachment]:
        with contextlib.suppress(NotFound):
            if not editing.is_edited(tx, what["ticket"], what["seq"], what["at"]):
                return redaction.redact(tx, what["ticket"], what["seq"], services.clock())[1]
        return []

    for file in await services.store.write(work):
        await asyncio.to_thread(services.blobs.remove, what["contact"], file.blob)
    await training.relearn(services, what["contact"])


async def delete_file(services: Services, what: Entered) -> None:
    """Delete a file again."""
    await services.store.write(lambda tx: uploads.drop(tx, [what["attachment"]]))
    await asyncio.to_thread(services.blobs.remove, what["contact"], what["blob"])


async def purge(services: Services, what: Entered) -> None:
    """Mark a ticket for deletion again."""
    await services.store.write(lambda tx: redaction.mark_for_deletion(tx, [what["ticket"]], services.clock()))
