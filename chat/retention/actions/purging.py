"""What a run of retention hands to its rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chat.infra.gathered import Batch
from chat.infra.store.ageing import Found
from chat.infra.store.tx import Tx
from chat.retention.store import ageing, runs
from chat.retention.store.runs import RetentionRun


@dataclass(frozen=True)
class RunBatch(Batch):
    """Things that were due a moment ago, counted in the report of a run."""

    run: RetentionRun

    def still(self, tx: Tx, found: Sequence[Found] | None = None) -> list[Found]:
        """Return those that are due even now, and count them as purged in this transaction."""
        kept = ageing.still(tx, self.kind, self.policy, self.found if found is None else found)
        self.count(tx, len(kept))
        return kept

    def count(self, tx: Tx, number: int) -> None:
        """Count so many as purged in this transaction."""
        runs.count_purged(tx, self.run.id, self.kind.rule, number)
