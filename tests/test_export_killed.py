"""An export whose build is killed by SIGKILL at no particular moment, again and again, ends whole, others untouched."""

import json
import random
import signal
from dataclasses import replace

import pytest
from sqlalchemy import update

from chat.export.actions import building, exports
from chat.export.schema import export
from chat.infra.services import Services
from tests.inside import House
from tests.test_erasure import hashed
from tests.test_erasure_killed import SEED, work
from tests.test_export import OTHER, filled, opened, sections, wrote

pytestmark = pytest.mark.both_databases

KILLS, MESSAGES = 4, 3000


async def lease_runs_out(services: Services, uid: str) -> None:
    """As it does by itself in fifteen seconds."""
    await services.store.write(lambda tx: tx.execute(update(export).where(export.c.id == uid).values(leased_until=0)))


async def test_killed_anywhere_it_ends_whole(house: House) -> None:
    services, guest, other = (
        house.services,
        await wrote(house, MESSAGES),
        await filled(house, OTHER, "quokka@x.example"),
    )
    await building.sweep(services)
    (theirs,) = await exports.mine(services, other.contact)
    assert theirs.state == "done"
    await services.store.write(lambda tx: tx.execute(export.delete().where(export.c.contact_id == guest.contact.id)))
    before = await hashed(services, other)
    asked = await exports.ask(services, guest.contact, "visitor", "visitor")
    chance, killed = random.Random(SEED), 0
    print(f"seed {SEED}")
    for _ in range(KILLS):
        run = work(services.settings, chance.uniform(0.05, 1.0))
        killed += run.returncode == -signal.SIGKILL
        await lease_runs_out(services, asked.id)
    assert killed >= KILLS // 2
    await building.sweep(services)
    found = await exports.mine(services, guest.contact)
    assert [(each.id, each.state) for each in found] == [(asked.id, "done")]
    inside = opened(b"".join((await exports.fetch(services, guest.contact, asked.id)).pieces))
    said = sections(json.loads(inside["export.json"]))["message"]["items"]
    assert [each["seq"] for each in said] == list(range(1, MESSAGES + 1))
    await building.sweep(replace(services, clock=lambda: services.clock() + 2 * 3_600_000))
    assert len(list((services.settings.data / "exports" / guest.contact.uid).iterdir())) == 1
    assert await hashed(services, other) == before
