"""
The locations that forget a contact, in their order: the key first, then each table that the schema says is about one.

A location that is no table joins by a `Step` in `steps`: how to count what is there, how to remove some of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from chat.attachments.actions import attachments
from chat.core.errors import Unavailable
from chat.core.locations import DataLocation
from chat.erasure.store import erasures
from chat.erasure.store.erasures import Erasure
from chat.infra.blobs import EXPORTS, FILES
from chat.infra.filters import LEARNT, VERSIONS
from chat.infra.keys import keycopy
from chat.infra.keys.keys import KEYS
from chat.infra.pauses import Pacer
from chat.infra.services import Services
from chat.infra.store import backups, locations
from chat.spam_filter.actions import training, versions

Count = Callable[[Services, Erasure], Awaitable[int]]


@dataclass(frozen=True)
class Step:
    """A data location, how many of a contact's things are there (`look`), and the removal of some of them (`take`)."""

    location: DataLocation
    look: Count
    take: Count


def steps() -> list[Step]:
    """Return every data location that forgets, in order."""
    tables = [locations.location_of(table) for table in locations.of_contacts()]
    kept = [Step(KEYS, _key_there, _destroy_key), Step(FILES, _files_there, _remove_files)]
    kept.append(Step(EXPORTS, _exports_there, _remove_exports))
    kept += [Step(LEARNT, _learnt, _unlearn), Step(VERSIONS, _stale, _settle)]
    return [*kept, *(_of_table(each) for each in tables)]


async def forget(services: Services, erasure: Erasure) -> None:
    """
    Go through every data location, chunk by chunk, then look again everywhere. Killed and begun again, it goes on.

    Raises Unavailable where something is left that came meanwhile: the sweep comes back to it.
    """
    turns = Pacer()
    for position, step in enumerate(steps()):
        await _reach(services, erasure, position, step)
        while await step.take(services, erasure):
            await turns.pause()
    left = [await _look_again(services, erasure, step) for step in steps()]
    if any(left):
        raise Unavailable("Something came while this was erased; it is done again")


async def _reach(services: Services, erasure: Erasure, position: int, step: Step) -> None:
    found = {"place": step.location.name, "kind": step.location.kind, "position": position, "at": services.clock()}
    found["found"] = await step.look(services, erasure)
    await services.store.write(lambda tx: erasures.reach(tx, erasure.id, found))


async def _look_again(services: Services, erasure: Erasure, step: Step) -> int:
    left = await step.look(services, erasure)
    await services.store.write(
        lambda tx: erasures.record_left(tx, erasure.id, step.location.name, left, services.clock())
    )
    return left


def _of_table(location: DataLocation) -> Step:
    return Step(location, partial(_rows, location.name), partial(_take_rows, location.name))


async def _rows(table: str, services: Services, erasure: Erasure) -> int:
    return await services.store.read(lambda tx: erasures.count(tx, table, erasure.contact_id))


async def _take_rows(table: str, services: Services, erasure: Erasure) -> int:
    return await services.store.write(lambda tx: erasures.take(tx, erasure.id, table, erasure.contact_id))


async def _key_there(services: Services, erasure: Erasure) -> int:
    copied, whose = await _copied_to(services), (erasure.key_slot, erasure.contact_uid)
    there = await asyncio.to_thread(services.keys.holds, *whose)
    return int(there) + bool(await asyncio.to_thread(keycopy.holds, copied, *whose))


async def _destroy_key(services: Services, erasure: Erasure) -> int:
    copied, whose = await _copied_to(services), (erasure.key_slot, erasure.contact_uid)
    gone = await asyncio.to_thread(services.keys.destroy, *whose)
    return int(gone) + await asyncio.to_thread(keycopy.wipe, copied, *whose)


async def _copied_to(services: Services) -> str | None:
    """Return the folder of the copy of the keys, which an erasure reaches as well."""
    return (await services.store.read(backups.get_status)).keys_copied_to


async def _files_there(services: Services, erasure: Erasure) -> int:
    return await asyncio.to_thread(services.blobs.count, erasure.contact_uid)


async def _remove_files(services: Services, erasure: Erasure) -> int:
    return await attachments.forget(services, erasure.contact_uid)


async def _exports_there(services: Services, erasure: Erasure) -> int:
    return await asyncio.to_thread(services.archives.count, erasure.contact_uid)


async def _remove_exports(services: Services, erasure: Erasure) -> int:
    return await asyncio.to_thread(services.archives.forget, erasure.contact_uid)


async def _learnt(services: Services, erasure: Erasure) -> int:
    return services.filters.learnt_of(erasure.account_id, erasure.contact_id)


async def _unlearn(services: Services, erasure: Erasure) -> int:
    """Take the contact's counts out, and write the account's file as if they had never been."""
    found = await _learnt(services, erasure)
    await training.relearn_contact(services, erasure.account_id, erasure.contact_id)
    await asyncio.to_thread(services.filters.write, erasure.account_id)
    return found


async def _stale(services: Services, erasure: Erasure) -> int:
    return len(await versions.stale(services, erasure.account_id))


async def _settle(services: Services, erasure: Erasure) -> int:
    """Make every version that counted the contact as if they had never written, and with it what serves."""
    made = await versions.refit_stale(services, erasure.account_id)
    if made:
        await asyncio.to_thread(services.filters.write, erasure.account_id)
    return made
