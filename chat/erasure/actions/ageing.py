"""Having contacts erased who are over their days."""

from __future__ import annotations

from chat.contacts.store import contacts
from chat.core.errors import NotFound
from chat.erasure.actions import erasure
from chat.infra.gathered import Batch


async def erase_contacts(batch: Batch) -> None:
    """Have contacts erased as if they had asked for it: key, data locations, certificate."""
    services = batch.services
    for each in batch.found:
        try:
            contact = await services.store.read(lambda tx, of=each[1]: contacts.by_id(tx, of))  # type: ignore[misc] # bound now
        except NotFound:
            continue
        # The ordinary erasure and no deletion of rows: only that destroys the key, looks again and signs for it.
        await erasure.by_retention(services, contact.uid, lambda tx, _, it=each: bool(batch.still(tx, [it])))  # type: ignore[misc] # bound now
        await batch.pause()
