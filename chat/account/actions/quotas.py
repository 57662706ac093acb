"""Room on the disk: what an account and the server may take, and what is refused first where it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from chat.core.errors import StorageFull
from chat.core.model import Actor
from chat.infra.disk import MB, free
from chat.infra.services import Services
from chat.infra.store.tx import Tx

ALL = ""


@dataclass(frozen=True)
class Storage:
    """How many bytes of files and exports an account has on this server, and how many it may, or None for no limit."""

    used: int
    most: int | None


def roomy(services: Services, size: int = 0) -> bool:
    """Tell whether the disk stays above its floor with `size` bytes more."""
    return free(services.settings) - services.coming[ALL] - size >= services.settings.disk_floor * MB


def has_room(services: Services, size: int = 0) -> None:
    """Raise StorageFull where the disk would come under its floor with `size` bytes more, and those being written."""
    if not roomy(services, size):
        raise StorageFull("The server's disk is nearly full; nothing was kept. Its operator must make room")


async def takes(services: Services, account_id: str) -> None:
    """Raise StorageFull where an account's files and exports, or all accounts', are as many as may be."""
    await _fits(services, account_id, dict(services.coming), 1)


@asynccontextmanager
async def reserve(services: Services, account_id: str, size: int) -> AsyncIterator[None]:
    """
    Count `size` bytes as an account's while a file of them is written and entered. Raises StorageFull.

    Two that are written at once may both be refused where one of them had room: never are both kept. It holds within
    one process.
    """
    of = (account_id, ALL)
    services.coming.update(dict.fromkeys(of, size))
    try:
        has_room(services)
        # As it was before the rows are read: what is let go meanwhile was entered, and may not be missed in both.
        await _fits(services, account_id, dict(services.coming), 0)
        yield
    finally:
        services.coming.subtract(dict.fromkeys(of, size))
        if not services.coming[account_id]:
            del services.coming[account_id]


async def storage(services: Services, actor: Actor) -> Storage:
    """Return how much of its quota the actor's account uses."""
    used = await services.store.read(lambda tx: used_by(services, tx, actor.account_id))
    return Storage(used, services.settings.account_quota * MB or None)


def used_by(services: Services, tx: Tx, account_id: str | None = None) -> int:
    """Return the bytes of the files and exports of an account, or of all."""
    return sum(stored(tx, account_id) for stored in services.gathered.stored)


async def _fits(services: Services, account_id: str, coming: Mapping[str, int], more: int) -> None:
    account, server = services.settings.account_quota * MB, services.settings.server_quota * MB

    def work(tx: Tx) -> None:
        if account and used_by(services, tx, account_id) + coming.get(account_id, 0) + more > account:
            raise StorageFull("This account keeps as many files as it may; delete some first")
        if server and used_by(services, tx) + coming.get(ALL, 0) + more > server:
            raise StorageFull("This server keeps as many files as it may; its operator must make room")

    await services.store.read(work)
