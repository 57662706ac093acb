"""Deleting exports that are over their days."""

from __future__ import annotations

import asyncio

from chat.export.store import ageing
from chat.infra.gathered import Batch
from chat.infra.store.tx import Tx


async def purge_exports(batch: Batch) -> None:
    """Delete exports: the rows first, and the files' keys with them, then the files."""
    services = batch.services

    def work(tx: Tx) -> list[tuple[str, str]]:
        return ageing.take_exports(tx, [each[1] for each in batch.still(tx)])

    for uid, blob in await services.store.write(work):
        await asyncio.to_thread(services.archives.remove, uid, blob)
    await batch.pause()
