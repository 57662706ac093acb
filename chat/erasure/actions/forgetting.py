"""
The locations that forget a person, in their order: the key first, then each table that the schema says is about one.

A location that is no table joins by an `ErasureStep` in its feature's record: how to count what is there, how to
remove some of it.
"""

from __future__ import annotations

import asyncio
from functools import partial

from chat.core.errors import Unavailable
from chat.core.locations import DataLocation
from chat.erasure.store import erasures
from chat.erasure.store.erasures import Erasure
from chat.infra.gathered import DataSubject, ErasureStep
from chat.infra.keys import keycopy
from chat.infra.keys.keys import KEYS
from chat.infra.pauses import Pacer
from chat.infra.services import Services
from chat.infra.store import backups, locations


def steps(services: Services) -> list[ErasureStep]:
    """Return every data location that forgets a contact, in order."""
    tables = [locations.location_of(table) for table in locations.of_contacts()]
    return [
        # The key first: wherever this is interrupted, what is left can no longer be read, in backups neither.
        ErasureStep(KEYS, _key_there, _destroy_key),
        *services.gathered.erasure_steps,
        *(_of_table(each) for each in tables),
    ]


def agent_steps(services: Services) -> list[ErasureStep]:
    """Return every data location that forgets an agent, in order."""
    return [
        ErasureStep(KEYS, _key_there, _destroy_key),
        *services.gathered.agent_erasure_steps,
        *(_of_agents(locations.location_of(table)) for table in locations.of_agents()),
    ]


def steps_of(services: Services, erasure: Erasure) -> list[ErasureStep]:
    """Return the steps of an erasure, in order."""
    return agent_steps(services) if erasure.of_agent else steps(services)


async def forget(services: Services, erasure: Erasure) -> None:
    """
    Go through every data location, chunk by chunk, then look again everywhere. Killed and begun again, it goes on.

    Raises Unavailable where something is left that came meanwhile: the sweep comes back to it.
    """
    turns, whom = Pacer(), erasure.whom
    for position, step in enumerate(steps_of(services, erasure)):
        # Counted before anything goes: begun again after a kill, it could not be found out any more.
        await _reach(services, erasure, position, step)
        while await step.take(services, whom):
            await turns.pause()
    # Everywhere, and not only until something is found: the certificate says of each place what was left.
    left = {each.location.name: await each.look(services, whom) for each in steps_of(services, erasure)}
    await services.store.write(lambda tx: erasures.record_left(tx, erasure.id, left, services.clock()))
    if any(left.values()):
        raise Unavailable("Something came while this was erased; it is done again")


async def _reach(services: Services, erasure: Erasure, position: int, step: ErasureStep) -> None:
    found = {"place": step.location.name, "kind": step.location.kind, "position": position, "at": services.clock()}
    found["found"] = await step.look(services, erasure.whom)
    await services.store.write(lambda tx: erasures.reach(tx, erasure.id, found))


def _of_table(location: DataLocation) -> ErasureStep:
    return ErasureStep(location, partial(_rows, location.name), partial(_take_rows, location.name))


async def _rows(table: str, services: Services, whom: DataSubject) -> int:
    return await services.store.read(lambda tx: erasures.count(tx, table, whom.contact_id))


async def _take_rows(table: str, services: Services, whom: DataSubject) -> int:
    return await services.store.write(lambda tx: erasures.take(tx, whom.erasure, table, whom.contact_id))


def _of_agents(location: DataLocation) -> ErasureStep:
    async def look(services: Services, whom: DataSubject) -> int:
        return await services.store.read(lambda tx: erasures.count(tx, location.name, whom.uid, locations.AGENT))

    async def take(services: Services, whom: DataSubject) -> int:
        return await services.store.write(
            lambda tx: erasures.take(tx, whom.erasure, location.name, whom.uid, locations.AGENT)
        )

    return ErasureStep(location, look, take)


async def _key_there(services: Services, whom: DataSubject) -> int:
    copied, whose = await _copied_to(services), (whom.key_slot, whom.uid)
    there = await asyncio.to_thread(services.keys.holds, *whose)
    # A copy out of reach (None) counts as nothing left. Otherwise an unplugged disk would keep the erasure from ending;
    # the certificate says instead that backups may be readable.
    return int(there) + bool(await asyncio.to_thread(keycopy.holds, copied, *whose))


async def _destroy_key(services: Services, whom: DataSubject) -> int:
    copied, whose = await _copied_to(services), (whom.key_slot, whom.uid)
    gone = await asyncio.to_thread(services.keys.destroy, *whose)
    return int(gone) + await asyncio.to_thread(keycopy.wipe, copied, *whose)


async def _copied_to(services: Services) -> str | None:
    """Return the folder of the copy of the keys, which an erasure reaches as well."""
    return (await services.store.read(backups.get_status)).keys_copied_to
