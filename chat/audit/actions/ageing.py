"""Taking entries that are over their days from the beginning of an audit log."""

from __future__ import annotations

from chat.core.clock import DAY
from chat.infra.audit import audit
from chat.infra.gathered import Batch
from chat.infra.store.tx import Tx


async def purge_entries(batch: Batch) -> None:
    """Delete entries of the audit log from its beginning, and have it signed where it begins now."""
    services, account_id = batch.services, batch.policy.account_id
    before = batch.policy.now - batch.policy.days[batch.kind.rule] * DAY + 1

    def work(tx: Tx) -> None:
        gone = audit.prune(services, tx, account_id, before, len(batch.found))
        batch.count(tx, gone)

    await services.store.write(work)
    await batch.pause()
