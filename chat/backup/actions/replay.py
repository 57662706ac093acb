"""Taking away again what was taken away since a backup was made, from the ledger. Done twice, it is done once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from chat.account import store as accounts
from chat.attachments import store as uploads
from chat.attachments.actions import attachments
from chat.consent.actions import consent
from chat.contacts.store import contacts, holds
from chat.core.errors import BeingErased, Misconfigured, NotFound
from chat.core.ids import uuid7
from chat.core.model import Attachment, Contact
from chat.erasure.actions import erasure
from chat.erasure.store import erasures, holding
from chat.infra.ledger.ledger import LedgerEntry
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.spam_filter.actions import training
from chat.team import store as agents
from chat.team.actions import credentials
from chat.tickets.actions import redaction
from chat.tickets.store import redaction as taken

MARGIN = 600_000  # ms: an entry is on disk before its transaction commits, and none lasts so long
RESTORED = "restored"
What = dict[str, Any]


def since(services: Services, number: int, made_at: int) -> list[LedgerEntry]:
    """
    Return what may not be in a backup that was begun at `made_at` with `number` entries in the ledger. What is older
    than a restore before it was replayed then, and may name by now what was written since.
    """
    every = list(services.ledger.entries())
    restored = max((each.number for each in every if each.did == RESTORED and each.number <= number), default=0)
    return [e for e in every if e.number > restored and (e.number > number or e.at >= made_at - MARGIN)]


async def run(services: Services, entries: list[LedgerEntry]) -> dict[str, int]:
    """Do every action again, and carry out what is then due, and return how many of each kind there were."""
    # Before anything is done: an entry that only a newer Lethe knows may be somebody who must not come back.
    unknown = {each.did for each in entries} - {*ACTIONS, RESTORED}
    if unknown:
        raise Misconfigured(f"The ledger has entries that this Lethe does not know ({min(unknown)}); run the newer one")
    done: dict[str, int] = dict.fromkeys(ACTIONS, 0)
    for each in entries:
        if each.did in ACTIONS:
            await ACTIONS[each.did](services, each.what)
            done[each.did] += 1
    await erasure.sweep(services)
    while await redaction.sweep(services):
        pass
    await attachments.sweep(services)
    await training.sweep(services)
    return done


async def _erase(services: Services, what: What) -> None:
    """File the same request again. Of whom nothing was restored, the key and the files go all the same."""

    def work(tx: Tx) -> None:
        contact = _contact(tx, what)
        if contact is not None:
            consent.record_withdrawal(services, tx, contact)
        # No row is theirs where they are not here: the number they had may be another's by now.
        row = what | {"contact_id": contact.id if contact else 0}
        erasures.request(tx, row)

    if await services.store.read(lambda tx: _has_account(tx, what["account_id"])):
        await services.store.write(work)
        return
    await asyncio.to_thread(services.keys.destroy, what["key_slot"], what["contact_uid"])
    await attachments.forget(services, what["contact_uid"])


async def _redact(services: Services, what: What) -> None:
    def work(tx: Tx) -> list[Attachment]:
        with contextlib.suppress(NotFound):
            return taken.redact(tx, what["ticket"], what["seq"], services.clock(), what["part"])[1]
        return []

    for file in await services.store.write(work):
        await asyncio.to_thread(services.blobs.remove, what["contact"], file.blob)
    await _relearn_contact(services, what["contact"])


async def _file(services: Services, what: What) -> None:
    await services.store.write(lambda tx: uploads.drop(tx, [what["attachment"]]))
    await asyncio.to_thread(services.blobs.remove, what["contact"], what["blob"])


async def _purge(services: Services, what: What) -> None:
    await services.store.write(lambda tx: taken.mark_for_deletion(tx, [what["ticket"]], services.clock()))


async def _narrow(services: Services, what: What) -> None:
    def work(tx: Tx) -> None:
        contact = _contact(tx, what)
        if contact is not None:
            consent.record_narrowing(services, tx, contact)

    await services.store.write(work)
    await _relearn_contact(services, what["contact"])


async def _relearn_contact(services: Services, contact_uid: str) -> None:
    """Let the filter learn what is left of a contact's labels. A contact who is gone has none."""
    with contextlib.suppress(NotFound):
        contact = await services.store.read(lambda tx: contacts.by_uid(tx, contact_uid))
        await training.relearn_contact(services, contact.account_id, contact.id)


async def _hold(services: Services, what: What) -> None:
    """Hold the contact again: what a claim needs must not go because a database was lost. The reason is lost."""

    def work(tx: Tx) -> None:
        contact = _contact(tx, what)
        if contact is None:
            return
        with contextlib.suppress(BeingErased, NotFound):
            reason = services.seal(
                contact.key_slot, contact.uid, "hold", "Placed before a restore, which lost the reason"
            )
            made = {"id": uuid7(), "reason": reason, "agent_id": what["agent"]}
            holding.place_hold(tx, contact.id, made | {"placed_at": services.clock(), "expires_at": what["until"]})

    await services.store.write(work)


async def _lift(services: Services, what: What) -> None:
    def work(tx: Tx) -> None:
        contact = _contact(tx, what)
        if contact is not None:
            with contextlib.suppress(NotFound):
                holds.lift(tx, contact.id)

    await services.store.write(work)


async def _deactivate(services: Services, what: What) -> None:
    await services.store.write(lambda tx: agents.deactivate(tx, what["agent"], services.clock()))


async def _password(services: Services, what: What) -> None:
    """Lock the account: the old password must not open it again, and the ledger holds no new one."""
    await credentials.lock(services, what["agent"])


async def _revoke(services: Services, what: What) -> None:
    await services.store.write(lambda tx: agents.revoke(tx, what["token"], services.clock()))


def _contact(tx: Tx, what: What) -> Contact | None:
    with contextlib.suppress(NotFound):
        return contacts.by_uid(tx, what.get("contact_uid") or what["contact"], lock=True)
    return None


def _has_account(tx: Tx, account_id: str) -> bool:
    with contextlib.suppress(NotFound):
        return bool(accounts.one(tx, account_id))
    return False


ACTIONS: dict[str, Callable[[Services, What], Awaitable[None]]] = {
    "erase": _erase,
    "redact": _redact,
    "file": _file,
    "purge": _purge,
    "narrow": _narrow,
    "hold": _hold,
    "lift": _lift,
    "deactivate": _deactivate,
    "password": _password,
    "revoke": _revoke,
}
