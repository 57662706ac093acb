"""The gate lets nothing pass without a live consent to the notice in force, and spends allowances fairly."""

import json

import pytest

from chat.core import frames
from chat.core.errors import ConsentRequired, Ended
from chat.core.gate import Allowance, ConsentState, admit
from tests.test_frames import VISITOR

FREE = {"hello", "consent"}
GUARDED = [frame for frame in VISITOR if frame["type"] not in FREE]
STANDINGS = {
    "no receipt": ConsentState(receipt=None, agreed=2, current=2),
    "an older notice": ConsentState(receipt=1, agreed=1, current=2),
    "no notice at all": ConsentState(receipt=1, agreed=None, current=None),
    "a notice that is gone": ConsentState(receipt=1, agreed=2, current=None),
    "nothing": ConsentState(),
}


@pytest.mark.parametrize("standing", STANDINGS.values(), ids=STANDINGS)
@pytest.mark.parametrize("frame", GUARDED, ids=lambda frame: frame["type"])
def test_nothing_passes_without_consent(frame: dict[str, object], standing: ConsentState) -> None:
    with pytest.raises(ConsentRequired):
        admit(frames.visitor_frame(json.dumps(frame)), standing)


@pytest.mark.parametrize("frame", VISITOR, ids=lambda frame: frame["type"])
def test_everything_passes_with_consent(frame: dict[str, object]) -> None:
    admit(frames.visitor_frame(json.dumps(frame)), ConsentState(receipt=1, agreed=2, current=2))


@pytest.mark.parametrize("frame", [f for f in VISITOR if f["type"] in FREE], ids=lambda frame: frame["type"])
def test_hello_and_consent_always_pass(frame: dict[str, object]) -> None:
    admit(frames.visitor_frame(json.dumps(frame)), ConsentState())


def test_an_ended_chat_is_not_ended_again() -> None:
    with pytest.raises(Ended):
        admit(frames.End(), ConsentState(1, 2, 2, ended=True))


def test_an_ended_chat_may_still_be_read_and_rated() -> None:
    admit(frames.Read(seq=1), ConsentState(1, 2, 2, ended=True))
    admit(frames.Rate(score=5), ConsentState(1, 2, 2, ended=True))


def test_an_allowance_gives_its_burst_then_makes_wait() -> None:
    allowance = Allowance(rate=60, burst=3)
    assert [allowance.take(100.0) for _ in range(4)] == [0.0, 0.0, 0.0, 1.0]
    assert allowance.take(100.5) == 0.5
    assert allowance.take(101.0) == 0.0


def test_an_allowance_never_saves_more_than_its_burst() -> None:
    allowance = Allowance(rate=60, burst=2)
    allowance.take(0.0)
    assert [allowance.take(10_000.0) for _ in range(3)] == [0.0, 0.0, 1.0]


def test_a_clock_that_goes_back_gives_nothing() -> None:
    allowance = Allowance(rate=60, burst=1)
    allowance.take(100.0)
    assert allowance.take(50.0) > 0


def test_a_rate_of_zero_is_no_limit() -> None:
    allowance = Allowance(rate=0, burst=0)
    assert not any(allowance.take(0.0) for _ in range(1000))
