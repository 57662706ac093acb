"""How long sessions last, as an account says, for those that run already too."""

from __future__ import annotations

from collections.abc import Collection

from chat.agent_profile import store
from chat.agent_profile.domain import SESSION_DAYS
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team import store as team


async def follow_limits(services: Services, account_id: str, changed: Collection[str]) -> None:
    """
    Let running sessions last as long as new ones do. That they end sooner is seen wherever one is looked at; that they
    may last longer is written here, since their end is bound.
    """
    if SESSION_DAYS.name not in changed:
        return

    def work(tx: Tx) -> None:
        longest, now = store.limits(tx, account_id).longest, services.clock()
        for each in store.sessions_of_account(tx, account_id):
            team.move_end(tx, each, now, longest)

    await services.store.write(work)
