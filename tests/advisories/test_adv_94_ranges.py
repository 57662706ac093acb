"""CVE-2025-62727 (Starlette): a header of many ranges took the square of their number, and got a long answer."""

import time

import pytest

from tests.chance import dice
from tests.growth import MOST, TRIES
from tests.inside import Served

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("settings", ["sqlite"], indirect=True)]
MANY = 4000
"""So many fit twice into the head of a request."""


def ranges(count: int, one: str) -> dict[str, str]:
    """A header that asks for so many parts."""
    made = dice(f"{count} ranges {one}")
    return {"range": "bytes=" + ",".join(one.format(made.randrange(90), made.randrange(90, 99)) for _ in range(count))}


async def cost(app: Served, headers: dict[str, str]) -> float:
    """The least CPU seconds of an answer."""
    least = float("inf")
    for _ in range(TRIES):
        began = time.process_time()
        answer = await app.client.get("/static/inbox.css", headers=headers)
        least = min(least, time.process_time() - began)
        assert answer.status_code in {200, 206, 400, 416}
    return least


@pytest.mark.parametrize("one", ["{0}-{1}", "{0}-", "-{0}", "0-0"])
async def test_adv_94_twice_the_ranges_are_twice_the_work_at_most(app: Served, one: str) -> None:
    whole = len((await app.client.get("/static/inbox.css")).content)
    answer = await app.client.get("/static/inbox.css", headers=ranges(MANY, one))
    assert len(answer.content) < 2 * whole + 1000
    half, full = await cost(app, ranges(MANY, one)), await cost(app, ranges(2 * MANY, one))
    assert full <= max(0.05, MOST * half)
