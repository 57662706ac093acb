"""Whether the audit logs are whole: asked by the command, by the page, and once a day by the clock."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import structlog

from chat.actions.desk import Desk
from chat.actions.team.accounts import manages
from chat.audited import Break, Head, broken
from chat.clock import DAY
from chat.model import Actor
from chat.store.privacy import audit as store
from chat.store.team import accounts

log = structlog.get_logger("chat.audit")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of an account's log found: the entries it holds, its last one, and where it is broken (or None)."""

    account: str
    entries: int
    number: int
    hash: str
    broken_at: int | None
    why: str

    @property
    def line(self) -> str:
        """The verdict for people."""
        if self.broken_at is not None:
            return f"{self.account}: broken at entry {self.broken_at}: {self.why}"
        return f"{self.account}: whole, {self.entries} entries, the last is {self.number} {self.hash}"


async def verify(desk: Desk, account_id: str) -> Verdict:
    """Check an account's log from end to end, as it is at one moment, and note what was found."""

    def work(tx: Any) -> Verdict:
        store.steady(tx)
        head = store.head(tx, account_id)
        fault = Break(1, "the log is missing") if head is None else _fault(desk, tx, head)
        stands = head or Head(account_id, 0, "", 0, "", "")
        held = stands.number - stands.pruned
        at, why = (fault.number, fault.why) if fault else (None, "")
        return Verdict(account_id, held, stands.number, stands.hash, at, why)

    found = await desk.store.read(work)
    await desk.store.write(lambda tx: store.note_check(tx, account_id, desk.clock(), found.broken_at))
    if found.broken_at is not None:
        log.error("audit log broken", account=account_id, number=found.broken_at)
    return found


async def verify_all(desk: Desk) -> list[Verdict]:
    """Check the log of every account of this server."""
    known = await desk.store.read(accounts.all_of)
    return [await verify(desk, each.id) for each in known]


async def verify_mine(desk: Desk, actor: Actor) -> Verdict:
    """Check the log of the actor's account. Owner or admin."""
    manages(actor)
    return await verify(desk, actor.account_id)


async def sweep(desk: Desk) -> int:
    """Check each log that was not checked for a day; return how many were."""
    due = await desk.store.read(lambda tx: store.unchecked(tx, desk.clock() - DAY))
    return len([await verify(desk, each) for each in due])


def shown(found: Verdict) -> dict[str, Any]:
    """Return a verdict as JSON has it."""
    return asdict(found) | {"whole": found.broken_at is None}


def _fault(desk: Desk, tx: Any, head: Head) -> Break | None:
    if not desk.signer.signed(head.signed, head.signature):
        return Break(head.number, "the signature over both ends of the log is not this server's")
    return broken(head, store.chain(tx, head.account_id))
