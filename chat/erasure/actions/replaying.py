"""What a restore does again of erasures that were requested."""

from __future__ import annotations

import asyncio

from chat.account import store as accounts
from chat.attachments.actions import attachments
from chat.consent.actions import consent
from chat.contacts.store import contacts
from chat.erasure.store import erasures
from chat.infra.gathered import Entered
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team import store as agents


async def erase(services: Services, what: Entered) -> None:
    """File the same request again. Of whom nothing was restored, the key and the files go all the same."""

    def work(tx: Tx) -> None:
        contact = contacts.find(tx, what["contact_uid"])
        if contact is not None:
            consent.record_withdrawal(services, tx, contact)
        # No row is theirs where they are not here: the number they had may be another's by now.
        row = what | {"contact_id": contact.id if contact else 0}
        erasures.request(tx, row)

    if await services.store.read(lambda tx: accounts.is_here(tx, what["account_id"])):
        await services.store.write(work)
        return
    await asyncio.to_thread(services.keys.destroy, what["key_slot"], what["contact_uid"])
    await attachments.forget(services, what["contact_uid"])


async def erase_agent(services: Services, what: Entered) -> None:
    """File the request to forget an agent again. Where their account was not restored, only their key is left to go."""

    def work(tx: Tx) -> None:
        agents.deactivate(tx, what["contact_uid"], services.clock())
        erasures.request(tx, what)

    if await services.store.read(lambda tx: accounts.is_here(tx, what["account_id"])):
        await services.store.write(work)
        return
    await asyncio.to_thread(services.keys.destroy, what["key_slot"], what["contact_uid"])
