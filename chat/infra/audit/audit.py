"""The audit log: who looked at, exported, changed or erased what, in ids, as one signed chain an account."""

from __future__ import annotations

from dataclasses import replace

import structlog

from chat.core.audited import AuditEntry, ChainHead, chained, checked
from chat.core.crypt import blind
from chat.core.model import Actor
from chat.core.networks import Network
from chat.core.sources import HASHED, SignInSource
from chat.infra.audit import store
from chat.infra.services import Services
from chat.infra.store.tx import Tx

log = structlog.get_logger("chat.audit")
# Who looks at the same thing again within ten minutes looks once.
AGAIN = 600_000
FROM_ANYWHERE = 10
"""So many failures of one kind are entered of an agent in ten minutes, each from another network."""


def record(
    services: Services, tx: Tx, account_id: str, who: str, action: str, target: str = "", contact: str = ""
) -> None:
    """
    Enter, in the action's own transaction, what it does. Call it last, since it locks the account's chain.

    `who` is an agent's id, "visitor", "system" or "command". `action` is one that a feature says. `target` is
    the id or number of what was met. `contact` is the opaque id of whose it is. ValueError where one of them is no id.
    """
    _append(services, tx, AuditEntry(account_id, 0, 0, who, action, target, contact))


def record_from(
    services: Services, tx: Tx, account_id: str, who: str, action: str, target: str, source: SignInSource
) -> None:
    """Enter as `record` does something about signing in or out, with where it comes from."""
    _append(services, tx, AuditEntry(account_id, 0, 0, who, action, target, "", source=str(source)))


async def record_view(services: Services, actor: Actor, action: str, target: str = "", contact: str = "") -> None:
    """Enter that an agent looks at something, before it is shown. Again within ten minutes, it is not entered anew."""
    await record_once(services, actor.account_id, actor.agent_id, action, target, contact)


async def record_once(
    services: Services, account_id: str, who: str, action: str, target: str = "", contact: str = ""
) -> None:
    """Enter what changes nothing, in a transaction of its own, unless the same was entered in the last ten minutes."""
    alike = _alike(services, account_id, who, action, target, contact)
    # Looked for without a lock, so that looking again costs no write. Two at once may both be entered, which harms
    # nobody.
    if not await services.store.read(lambda tx: store.seen_since(tx, alike)):
        await services.store.write(lambda tx: record(services, tx, account_id, who, action, target, contact))


def record_once_in(services: Services, tx: Tx, account_id: str, who: str, action: str, target: str) -> None:
    """Enter in an action's own transaction, last, unless the same was entered in the last ten minutes."""
    if not store.seen_since(tx, _alike(services, account_id, who, action, target, "")):
        record(services, tx, account_id, who, action, target)


def record_failure(
    services: Services, tx: Tx, account_id: str, action: str, agent_id: str, source: SignInSource
) -> None:
    """
    Enter, last in an action's own transaction, that an attempt to be an agent failed: of one network once in ten
    minutes, and of FROM_ANYWHERE networks, so that who guesses fills no log. All are counted elsewhere.
    """
    seen = store.sources_since(tx, _alike(services, account_id, "system", action, agent_id, ""))
    if len(seen) < FROM_ANYWHERE and source.network not in {each.network for each in seen}:
        record_from(services, tx, account_id, "system", action, agent_id, source)


def source_of(services: Services, account_id: str, network: Network, method: str = "") -> SignInSource:
    """Return where a sign-in comes from, with the network's hash made the account's own."""
    hashed = blind(services.index_key, f"sign-in/{account_id}", network.monthly)[:HASHED] if network.monthly else ""
    return SignInSource(hashed, method, network.device)


def _append(services: Services, tx: Tx, said: AuditEntry) -> None:
    checked(services.gathered.audited, said.who, said.action, said.target, said.contact, said.source)
    head = store.lock(tx, said.account_id)
    entry = replace(said, number=head.number + 1, at=services.clock())
    entry = replace(entry, hash=chained(head.hash, entry))
    store.append(tx, entry, sign_head(services, replace(head, number=entry.number, hash=entry.hash)))


def _alike(services: Services, account_id: str, who: str, action: str, target: str, contact: str) -> AuditEntry:
    word = checked(services.gathered.audited, who, action, target, contact)
    return AuditEntry(account_id, 0, services.clock() - AGAIN, who, word, target, contact)


def of_contact(tx: Tx, account_id: str, contact_uid: str) -> list[AuditEntry]:
    """Return every entry about a contact and its tickets, first to last."""
    return store.of_contact(tx, account_id, contact_uid)


def prune(services: Services, tx: Tx, account_id: str, before: int, most: int = 1000) -> int:
    """
    Delete entries older than `before` (ms) from the chain's beginning, `most` at once, and sign where it begins now,
    and return how many. A stretch that does not verify is evidence, and stays.
    """
    head = store.lock(tx, account_id)
    gone = store.older(tx, head, before, most)
    if not gone:
        return 0
    last = head.pruned_hash
    for number, entry in enumerate(gone, head.pruned + 1):
        last = chained(last, entry)
        if (entry.number, entry.hash) != (number, last):
            log.error("audit log broken", account=account_id, number=number)
            return 0
    store.move(tx, sign_head(services, replace(head, pruned=gone[-1].number, pruned_hash=last)))
    return store.drop(tx, account_id, head.pruned, gone[-1].number)


def sign_head(services: Services, head: ChainHead) -> ChainHead:
    """Return a head with the server's signature over it."""
    return replace(head, signature=services.signer.sign(head.signed))
