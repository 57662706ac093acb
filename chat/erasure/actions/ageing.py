"""Having contacts erased who are over their days."""

from __future__ import annotations

from functools import partial

from chat.contacts.store import contacts
from chat.core.errors import NotFound
from chat.core.model import Contact
from chat.erasure.actions import erasure
from chat.infra.gathered import Batch
from chat.infra.store.ageing import Found
from chat.infra.store.tx import Tx


async def erase_contacts(batch: Batch) -> None:
    """Have contacts erased as if they had asked for it: key, data locations, certificate."""
    services = batch.services
    for each in batch.found:
        try:
            contact = await services.store.read(partial(contacts.by_id, contact_id=each[1]))
        except NotFound:
            continue
        # The ordinary erasure and no deletion of rows: only that destroys the key, looks again and signs for it.
        await erasure.by_retention(services, contact.uid, partial(_is_due, batch, each))
        await batch.pause()


def _is_due(batch: Batch, found: Found, tx: Tx, _contact: Contact) -> bool:
    return bool(batch.still(tx, [found]))
