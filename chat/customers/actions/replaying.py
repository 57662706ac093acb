"""What a restore does again of the secrets that prove who is signed in."""

from __future__ import annotations

import contextlib

from chat.account import store as accounts
from chat.core.errors import NotFound
from chat.customers import store
from chat.infra.gathered import Entered
from chat.infra.services import Services
from chat.infra.store.tx import Tx


async def make_again(services: Services, what: Entered) -> None:
    """Make a site's secret again, for it is made of its id, and let those before it end when they were to."""

    def work(tx: Tx) -> None:
        made = {name: what[name] for name in ("id", "site_id", "way", "made_at")}
        with contextlib.suppress(NotFound):  # a site that was made since
            accounts.site_by_id(tx, what["site_id"])
            store.add_secret(tx, made, what["ends"])

    await services.store.write(work)


async def end_again(services: Services, what: Entered) -> None:
    """End a site's secret again, where it was restored."""

    def work(tx: Tx) -> None:
        with contextlib.suppress(NotFound):
            store.end_secret(tx, what["site_id"], what["id"], services.clock())

    await services.store.write(work)
