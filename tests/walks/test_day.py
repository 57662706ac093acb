"""A short day in the inbox, as `./run bench day` plays it: few steps to an answer, and no count that is ever wrong."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from bench import day
from bench.grown import SEED

SHORT = {"VISITORS": 8, "AGENTS": 2, "TICKETS": 100, "REST_EVERY": 8}
WRONG: dict[str, Any] = {
    "wrong": ["open: 4 for 5"],
    "control caught": False,
    "clicks and keys, most": 3,
    "clicks and keys to it": 3,
}


def test_an_answer_takes_two_steps_and_no_count_is_ever_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds a message behind the server's back in the end and sees that: the control of the counts."""
    for name, value in SHORT.items():
        monkeypatch.setattr(day, name, value)
    # In a thread of its own, for a browser's tests have a loop running in this one.
    with ThreadPoolExecutor(1) as beside:
        made = beside.submit(day.measure, tmp_path / "day", SEED).result()
    print(made)
    assert day.faults(made) == []
    assert made["answered"] > 1
    assert made["looks"] > 2
    for name, wrong in WRONG.items():  # the controls
        assert len(day.faults(made | {name: wrong})) == 1, name
