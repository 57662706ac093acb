"""Whether the audit logs are whole: asked by the command, by the page, and once a day by the clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from msgspec import UNSET, Struct, UnsetType, structs

from chat.account import store as accounts
from chat.core import access
from chat.core.audited import Break, ChainHead, Part, broken, digest, seal
from chat.core.clock import DAY, stamp
from chat.core.model import Actor
from chat.infra.audit import store
from chat.infra.services import Services
from chat.infra.store.tx import Tx

log = structlog.get_logger("chat.audit")


@dataclass(frozen=True, slots=True)
class Closed:
    """A part that was closed because it is broken, and whether it still is as it was then."""

    part: Part
    unchanged: bool

    @property
    def line(self) -> str:
        """What is known of the part, for people."""
        part = self.part
        said = f"an older part, entries {part.first} to {part.last}, is broken at entry {part.broken_at}: {part.why}"
        went = f"; its entries went on {stamp(part.dropped_at)}" if part.dropped_at else ""
        since = "" if self.unchanged else "; IT WAS CHANGED SINCE"
        return f"{part.account_id}: {said}; closed on {stamp(part.closed_at)}{went}{since}"


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """
    What a check of an account's log found: the entries it holds, its last one, and where it is broken (or None). The
    same of the parts that were closed earlier.
    """

    account: str
    entries: int
    number: int
    hash: str
    broken_at: int | None
    why: str
    closed: tuple[Closed, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether the log holds since it was last begun, and nobody touched what was closed."""
        return self.broken_at is None and all(each.unchanged for each in self.closed)

    @property
    def line(self) -> str:
        """The verdict for people, a line for each closed part first."""
        return "\n".join([*(each.line for each in self.closed), self._line])

    @property
    def _line(self) -> str:
        if self.broken_at is not None:
            return f"{self.account}: broken at entry {self.broken_at}: {self.why}"
        return f"{self.account}: whole, {self.entries} entries, the last is {self.number} {self.hash}"


class PartView(Struct, frozen=True):
    """A closed part as JSON has it. Times are RFC 3339. `unchanged` where that was looked at."""

    first: int
    last: int
    hash: str
    broken_at: int
    why: str
    closed_at: str
    dropped_at: str | None
    unchanged: bool | UnsetType = UNSET


class VerdictView(Struct, frozen=True):
    """A verdict as JSON has it."""

    account: str
    entries: int
    number: int
    hash: str
    broken_at: int | None
    why: str
    closed: list[PartView]
    whole: bool


async def verify(services: Services, account_id: str) -> ChainVerdict:
    """Check an account's log from end to end, as it is at one moment, and note what was found."""

    def work(tx: Tx) -> ChainVerdict:
        store.steady(tx)
        head = store.head(tx, account_id)
        parts = store.parts(tx, account_id)
        found = Break(1, "the log is missing") if head is None else fault(services, tx, head, parts)
        stands = head or ChainHead(account_id, 0, "", 0, "", "")
        held = stands.number - stands.pruned
        at, why = (found.number, found.why) if found else (None, "")
        return ChainVerdict(account_id, held, stands.number, stands.hash, at, why, tuple(_looked_at(tx, parts)))

    found = await services.store.read(work)
    await services.store.write(lambda tx: store.note_check(tx, account_id, services.clock(), found.broken_at))
    if found.broken_at is not None:
        log.error("audit log broken", account=account_id, number=found.broken_at)
    return found


async def verify_all(services: Services) -> list[ChainVerdict]:
    """Check the log of every account of this server."""
    known = await services.store.read(accounts.all_of)
    return [await verify(services, each.id) for each in known]


async def verify_mine(services: Services, actor: Actor) -> ChainVerdict:
    """Check the log of the actor's account. Owner or admin."""
    access.require(actor, "audit.check")
    return await verify(services, actor.account_id)


async def sweep(services: Services) -> int:
    """Check each log that was not checked for a day, and return how many were."""
    due = await services.store.read(lambda tx: store.unchecked(tx, services.clock() - DAY))
    return len([await verify(services, each) for each in due])


def verdict_view(found: ChainVerdict) -> VerdictView:
    """Return a verdict as JSON has it."""
    return VerdictView(
        account=found.account,
        entries=found.entries,
        number=found.number,
        hash=found.hash,
        broken_at=found.broken_at,
        why=found.why,
        closed=[structs.replace(part_view(each.part), unchanged=each.unchanged) for each in found.closed],
        whole=found.whole,
    )


def part_view(part: Part) -> PartView:
    """Return a closed part as JSON has it."""
    return PartView(
        first=part.first,
        last=part.last,
        hash=part.hash,
        broken_at=part.broken_at,
        why=part.why,
        closed_at=stamp(part.closed_at),
        dropped_at=stamp(part.dropped_at) if part.dropped_at else None,
    )


def fault(services: Services, tx: Tx, head: ChainHead, parts: Sequence[Part]) -> Break | None:
    """Return where an account's log is broken since it was last begun, None where it is whole."""
    # First, since all that follows is compared with what this head says.
    if not services.signer.signed(head.signed, head.signature):
        return Break(head.number, "the signature over both ends of the log is not this server's")
    if seal(parts) != head.closed:
        return Break(head.pruned + 1, "the record of what was closed is not what was signed")
    after = parts[-1].last if parts else 0
    return broken(head, store.chain(tx, head.account_id, after), after)


def _looked_at(tx: Tx, parts: Sequence[Part]) -> list[Closed]:
    """Compare closed parts with what they were. Nothing may be left of those that went."""

    def same(part: Part) -> bool:
        found = list(store.chain(tx, part.account_id, part.first - 1, part.last))
        return not found if part.dropped_at else digest(found) == part.digest

    return [Closed(each, same(each)) for each in parts]
