"""CVE-2026-45078 (Synapse): those that waited for one lock took ever more CPU. Here messages to one ticket queue."""

import asyncio
import time

import pytest

from tests.inside import House

pytestmark = pytest.mark.anyio
MANY = 100
TIMES = 3.5
"""Times the CPU that twice as many may take: a square takes four."""


async def together(house: House, count: int) -> tuple[float, list[int]]:
    """The CPU seconds, and the numbers, of so many messages sent to one ticket at once, with another's among them."""
    guest, other = await house.visit("Zoe"), await house.visit("Yan")
    await guest.say("first")
    await other.say("first")
    began = time.process_time()
    said = [asyncio.create_task(guest.say(f"number {number}")) for number in range(count)]
    aside = await other.say("and mine")
    done = [(await each).seq for each in said]
    assert aside.seq == 2
    return time.process_time() - began, done


async def test_adv_87_twice_as_many_on_one_ticket_are_not_the_square_of_the_work(house: House) -> None:
    half = whole = float("inf")
    for _ in range(5):
        spent, _ = await together(house, MANY)
        half = min(half, spent)
        spent, done = await together(house, 2 * MANY)
        whole = min(whole, spent)
        assert sorted(done) == list(range(2, 2 * MANY + 2))
        if whole <= TIMES * half:
            return
    assert whole <= TIMES * half
