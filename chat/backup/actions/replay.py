"""Taking away again what was taken away since a backup was made, from the ledger. Done twice, it is done once."""

from __future__ import annotations

from chat.attachments.actions import attachments
from chat.core.errors import Misconfigured
from chat.erasure.actions import erasure
from chat.infra.ledger.ledger import LedgerEntry
from chat.infra.services import Services
from chat.spam_filter.actions import training
from chat.tickets.actions import redaction

MARGIN = 600_000  # ms: an entry is on disk before its transaction commits, and none lasts so long
RESTORED = "restored"


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
    replays = services.gathered.replays
    unknown = {each.did for each in entries} - {*replays, RESTORED}
    if unknown:
        raise Misconfigured(f"The ledger has entries that this Lethe does not know ({min(unknown)}); run the newer one")
    done: dict[str, int] = dict.fromkeys(replays, 0)
    for each in entries:
        if each.did in replays:
            await replays[each.did](services, each.what)
            done[each.did] += 1
    await erasure.sweep(services)
    while await redaction.sweep(services):
        pass
    await attachments.sweep(services)
    await training.sweep(services)
    return done
