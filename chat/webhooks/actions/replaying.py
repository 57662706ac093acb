"""What a restore does again of webhooks."""

from __future__ import annotations

from chat.infra.gathered import Entered
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.webhooks.store import endpoints


async def delete_or_pause(services: Services, what: Entered) -> None:
    """
    Delete a webhook again. One that was changed is paused: where it led, what it was told and how that was signed is
    another by now, and the ledger does not say which.
    """

    def work(tx: Tx) -> None:
        if what["gone"]:
            endpoints.drop(tx, what["webhook"])
        else:
            endpoints.pause(tx, what["webhook"], "restored")

    await services.store.write(work)
