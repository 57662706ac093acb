"""A hundredth of `./run fuzz` on one of two forms; a server that breaks and leaves things behind is found out."""

import pytest

from tests.chance import SEED, some
from tests.fuzz.run import SETTLES, Report, fuzz
from tests.lethe import Lethe
from tests.services import PostgreSQL, Valkey

REQUESTS, FRAMES = 1000, 10_000


def fuzzed(lethe: Lethe, requests: int, frames: int, seed: int = SEED, settle: int = SETTLES) -> Report:
    """What came of it; prints how to have it again."""
    report = fuzz(lethe, seed, requests, frames, settle=settle)
    print(f"./run fuzz --seed {seed} --requests {requests} --frames {frames}: {report}")
    return report


@pytest.mark.parametrize("form", some(["embedded", "scaled"], 2, "which form is tried"))
def test_no_request_and_no_frame_breaks_the_server_or_stays_behind(form: str, postgresql: PostgreSQL) -> None:
    with Valkey() as redis:
        urls = {"DATABASE_URL": postgresql.clone(), "REDIS_URL": redis.url} if form == "scaled" else {}
        with Lethe("tests.fuzz.server", API_RATE="0", **urls) as lethe:
            report = fuzzed(lethe, REQUESTS, FRAMES)
    assert report.requests >= REQUESTS
    assert report.frames >= FRAMES
    assert report.statuses[200] > 20
    assert report.wrong == []


def test_a_brittle_server_is_found_out() -> None:
    with Lethe("tests.broken.brittle", API_RATE="0") as lethe:
        found: set[str] = set()
        for turn in range(10):
            found |= {each.partition(" ")[0] for each in fuzzed(lethe, 300, 0, SEED + turn, settle=3).wrong}
            if {"500", "log:", "tasks:"} <= found:
                break
    assert {"500", "log:", "tasks:"} <= found
