"""Beginning an audit log anew where it is broken: the broken part is closed as it is, and its break stays on record."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from chat.account import store as accounts
from chat.audit.actions import verdicts
from chat.core.audited import BEGINS_ANEW, Part, digest, ending, seal
from chat.core.clock import DAY
from chat.infra.audit import audit, store
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.retention.actions import rules


async def renew(services: Services, account_id: str) -> Part | None:
    """
    Close an account's log where it is broken and begin a new part, whose first entry names the last hash of the old
    one, and return what was closed, None where the log is whole.
    """
    return await services.store.write(lambda tx: _renew(services, tx, account_id))


async def renew_all(services: Services) -> list[Part]:
    """Begin anew the log of every account of this server where it is broken, and return what was closed."""
    known = await services.store.read(accounts.all_of)
    return [part for each in known if (part := await renew(services, each.id)) is not None]


async def sweep(services: Services) -> int:
    """Delete the entries of parts that were closed longer ago than their account keeps its log, and return how many."""
    parts = await services.store.read(store.kept_parts)
    return sum([await services.store.write(partial(_let_go, services, each)) for each in parts])


def _renew(services: Services, tx: Tx, account_id: str) -> Part | None:
    head = store.lock(tx, account_id)
    closed = store.parts(tx, account_id)
    fault = verdicts.fault(services, tx, head, closed)
    if fault is None:
        return None
    after = closed[-1].last if closed else 0
    found = list(store.chain(tx, account_id, after))
    last = found[-1] if found else None
    made = Part(
        account_id=account_id,
        first=after + 1,
        last=max(last.number if last else 0, after + 1),
        hash=ending(last.hash if last else head.hash),
        digest=digest(found),
        broken_at=max(fault.number, after + 1),
        why=fault.why,
        closed_at=services.clock(),
    )
    store.add_part(tx, made)
    sealed = seal([*closed, made])
    # With a hash over all closed parts, which the signature covers: whoever wants a break forgotten has to forge that.
    begun = replace(head, number=made.last, hash=sealed, pruned=made.last, pruned_hash=sealed, closed=sealed)
    store.move(tx, audit.sign_head(services, begun))
    audit.record(services, tx, account_id, "command", BEGINS_ANEW, made.hash)
    store.note_check(tx, account_id, services.clock(), None)
    return made


def _let_go(services: Services, part: Part, tx: Tx) -> int:
    days = rules.policy_of(services, tx, part.account_id).days["audit"]
    if part.closed_at + days * DAY > services.clock():
        return 0
    head = store.lock(tx, part.account_id)
    # A log that does not verify is evidence: nothing of it goes before somebody has looked and closed it.
    if verdicts.fault(services, tx, head, store.parts(tx, part.account_id)):
        return 0
    store.drop_part(tx, part, services.clock())
    store.move(tx, audit.sign_head(services, replace(head, closed=seal(store.parts(tx, part.account_id)))))
    return store.drop(tx, part.account_id, part.first - 1, part.last)
