"""An erasure that is killed by SIGKILL at no particular moment, again and again, ends whole and touches nobody else."""

import os
import random
import signal
import subprocess
from typing import Any

import pytest

from chat.core.settings import Settings
from chat.erasure.actions import erasure, views
from chat.erasure.store import erasures
from chat.infra.services import Services
from chat.portraits import actions as portraits
from chat.team import store
from tests import killed_erasure
from tests.commands import forked
from tests.inside import House
from tests.test_attachments import picture
from tests.test_deleting_agents import going
from tests.test_erasure import chatted, check, hashed, many, rows

pytestmark = pytest.mark.both_databases

SEED = 20_261_124
KILLS = int(os.environ.get("ERASURE_KILLS", "8"))
MESSAGES = 12_000


def work(settings: Settings, after: float) -> subprocess.CompletedProcess[str]:
    """One run of the worker."""
    given = {"LETHE_DATA": str(settings.data), "LETHE_DATABASE_URL": settings.database_url}
    environ = {name: value for name, value in os.environ.items() if not name.startswith("LETHE_")} | given
    return forked(environ, [str(after)], work=killed_erasure.main, limit=120)


async def ask(house: House, messages: int = MESSAGES) -> Any:
    """Somebody who wrote a lot asks to be forgotten."""
    guest = await many(house, messages)
    return guest, await erasure.by_agent(house.services, house.actor, guest.contact.uid)


async def progress(services: Services, erasure_id: str) -> str:
    """How far an erasure is, in a word."""
    found = await services.store.read(lambda tx: erasures.by_id(tx, erasure_id))
    went = await services.store.read(lambda tx: erasures.list_outcomes(tx, erasure_id))
    return "done" if found.state == "done" else went[-1].place if went else "nowhere"


async def test_an_erasure_killed_at_random_moments_ends_whole(house: House) -> None:
    print(f"seed {SEED}, kills {KILLS}")
    dice, services = random.Random(SEED), house.services
    other = await chatted(house, "Somebody else", "else@x.example")
    before = await hashed(services, other)
    asked = [await ask(house)]
    whole = float(work(services.settings, 0).stdout)
    killed, places = 0, []
    for _ in range(KILLS):
        asked.append(await ask(house))
        waiting = [made for _, made in asked if await progress(services, made) != "done"]
        killed += work(services.settings, dice.uniform(0.005, whole * len(waiting))).returncode == -signal.SIGKILL
        places.append(await progress(services, waiting[0]))
    print(f"{killed} killed within {whole:.2f} s, at {places}")
    assert work(services.settings, 0).returncode == 0
    assert killed > KILLS // 2
    for guest, made in asked:
        stands = await views.state(services, house.actor, made)
        went = {each.place: (each.found, each.removed, each.left) for each in stands.places}
        assert (stands.state, went["keys"], went["message"]) == ("done", (1, 1, 0), (MESSAGES, MESSAGES, 0))
        assert not any((await rows(services, guest)).values())
        assert not services.keys.holds(guest.contact.key_slot, guest.contact.uid)
    assert await hashed(services, other) == before
    assert services.keys.holds(other.contact.key_slot, other.contact.uid)


async def test_the_deletion_of_an_agent_that_is_killed_goes_on_to_its_end(house: House) -> None:
    """At a write before the key is gone, at one after it, and at the last: the row of the agent."""
    one, services = await going(house), house.services
    await portraits.put(services, house.acting(one.agent.id, "agent"), picture())
    row = await services.store.read(lambda tx: store.one(tx, house.actor.account_id, one.agent.id))
    made, reached = await one.delete(), []
    for write in (3, 9, 12):
        assert work(services.settings, -write).returncode == -signal.SIGKILL
        reached.append(await progress(services, made))
    print(f"killed at {reached}")
    assert "done" not in reached
    assert len(set(reached)) == len(reached)  # each run came further
    assert work(services.settings, 0).returncode == 0
    stands = await one.state(made)
    went = {each.place: (each.found, each.removed, each.left) for each in stands.places}
    assert (stands.state, went["keys"], went["portrait"], went["agent"]) == ("done", (1, 1, 0), (1, 1, 0), (1, 1, 0))
    assert not any((await one.rows()).values())
    assert not services.keys.holds(row.key_slot, one.agent.id)
    check(stands.certificate)
