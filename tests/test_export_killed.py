"""An export whose build is killed by SIGKILL at no particular moment, again and again, ends whole, others untouched."""

import json
import random
import signal
from dataclasses import replace

from sqlalchemy import update

from chat.export.actions import building, exports
from chat.export.schema import export
from chat.infra.desk import Desk
from tests.desks import House
from tests.test_erasure import hashed
from tests.test_erasure_killed import SEED, work
from tests.test_export import OTHER, filled, opened, sections, wrote

KILLS, MESSAGES = 4, 3000


async def lease_runs_out(desk: Desk, uid: str) -> None:
    """As it does by itself in fifteen seconds."""
    await desk.store.write(lambda tx: tx.execute(update(export).where(export.c.id == uid).values(leased_until=0)))


async def test_killed_anywhere_it_ends_whole(house: House) -> None:
    desk, guest, other = house.desk, await wrote(house, MESSAGES), await filled(house, OTHER, "quokka@x.example")
    await building.sweep(desk)
    (theirs,) = await exports.mine(desk, other.contact)
    assert theirs["state"] == "done"
    await desk.store.write(lambda tx: tx.execute(export.delete().where(export.c.contact_id == guest.contact.id)))
    before = await hashed(desk, other)
    asked = await exports.ask(desk, guest.contact, "visitor", "visitor")
    chance, killed = random.Random(SEED), 0
    print(f"seed {SEED}")
    for _ in range(KILLS):
        run = work(desk.settings, chance.uniform(0.05, 1.0))
        killed += run.returncode == -signal.SIGKILL
        await lease_runs_out(desk, asked["id"])
    assert killed >= KILLS // 2
    await building.sweep(desk)
    found = await exports.mine(desk, guest.contact)
    assert [(each["id"], each["state"]) for each in found] == [(asked["id"], "done")]
    inside = opened(b"".join((await exports.fetched(desk, guest.contact, asked["id"])).pieces))
    said = sections(json.loads(inside["export.json"]))["message"]["items"]
    assert [each["seq"] for each in said] == list(range(1, MESSAGES + 1))
    await building.sweep(replace(desk, clock=lambda: desk.clock() + 2 * 3_600_000))
    assert len(list((desk.settings.data / "exports" / guest.contact.uid).iterdir())) == 1
    assert await hashed(desk, other) == before
