"""A run of retention that is killed by SIGKILL, again and again, ends whole and counts nothing twice."""

import os
import random
import signal
from typing import Any

import pytest
from sqlalchemy import func, select

from chat.infra.services import Services
from chat.retention.actions import retention, sweeping
from chat.tickets.schema import message, ticket
from tests.ageing import crowd, rows_of, sent, wrote
from tests.inside import House
from tests.test_erasure import hashed
from tests.test_erasure_killed import work

pytestmark = pytest.mark.both_databases

SEED = 20_261_125
KILLS = int(os.environ.get("RETENTION_KILLS", "4"))
TICKETS, MESSAGES = 900, 8


async def test_a_run_killed_at_random_moments_ends_whole(house: House) -> None:
    print(f"seed {SEED}, kills {KILLS}")
    dice, services = random.Random(SEED), house.services
    old, young = await crowd(house, TICKETS, MESSAGES, 400), await wrote(house, 300, 5)
    files = [await wrote(house, 400) for _ in range(5)]
    for each in files:
        await sent(house, each, 400)
    before = await hashed(services, young.guest)
    run = await sweeping.begin(services, house.actor.account_id, "clock", "system")
    killed, left = 0, []
    for _ in range(KILLS):
        killed += work(services.settings, dice.uniform(0.05, 0.5)).returncode == -signal.SIGKILL
        left.append(await kept(services))
    print(f"{killed} killed, tickets left {left}")
    assert killed > KILLS // 2
    assert work(services.settings, 0).returncode == 0
    done = await retention.report(services, house.actor, run.id)
    said = done.rules[0]
    assert (done.state, said.found, said.purged, said.left) == ("done", TICKETS + 5, TICKETS + 5, 0)
    assert await kept(services) == (1, 5)
    for each in (old, *files):
        assert set(await rows_of(services, each)) == {"contact", "receipt"}
        assert services.blobs.count(each.guest.contact.uid) == 0
    assert await hashed(services, young.guest) == before


async def kept(services: Services) -> tuple[int, int]:
    """How many tickets and messages there are."""

    def count(tx: Any) -> tuple[int, int]:
        tickets, messages = (
            tx.execute(select(func.count()).select_from(each)).scalar_one() for each in (ticket, message)
        )
        return tickets, messages

    return await services.store.read(count)
