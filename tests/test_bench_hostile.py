"""Claims about the bench of dear texts: it says how far it is, ends in time, and says what it found when stopped."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from bench.hostile import command, scoring
from bench.hostile.acks import Window
from bench.hostile.command import main
from bench.hostile.scoring import scored, taught
from spam import Taught

ROOT = Path(__file__).parent.parent


def test_it_says_the_seed_how_far_it_is_and_the_dearest(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "PAUSE", 0.0)
    assert main(["--texts", "20", "--seed", "7"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("seed: 7\n")
    assert "1 of 20 texts, dearest" in said
    assert "19 of 20 texts, dearest" in said
    assert "texts: 20 of 20" in said
    assert "over 50 ms every time: 0" in said


def test_out_of_time_it_says_what_it_found_and_that_it_is_not_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--texts", "1000000", "--seed", "7", "--seconds", "0"]) == 1
    assert "texts: 1 of 1000000" in capsys.readouterr().out


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_says_what_it_found(sign: signal.Signals) -> None:
    code = (
        "import bench.hostile.command as c, sys; c.PAUSE = 0.0; sys.exit(c.main(['--texts', '1000000', '--seed', '7']))"
    )
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    called = [sys.executable, "-c", code, "--texts", "1000000", "--seed", "7"]
    with subprocess.Popen(called, stdout=subprocess.PIPE, text=True, env=environ) as made:
        assert made.stdout
        for line in made.stdout:
            if "of 1000000 texts" in line:
                break
        made.send_signal(sign)
        rest = made.stdout.read()
        assert made.wait(30) == 1
    assert re.search(r"^texts: [1-9]\d* of 1000000$", rest, re.MULTILINE), rest
    assert "dearest: " in rest


def test_the_control_a_text_that_always_costs_too_much_fails_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "SHARE", 0.0)
    assert main(["--texts", "3", "--seed", "7"]) == 1
    assert "every time: 3\n" in capsys.readouterr().out


def test_what_costs_too_much_once_is_not_taken_for_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    costs = iter([*[0.01] * 5, 0.9, 0.005, *[0.06] * 5, *[0.055] * 5, 0.002])
    monkeypatch.setattr(scoring, "_cpu", lambda known, text: next(costs))  # noqa: ARG005 - stands for scoring
    known: Taught = taught()
    found = [(each.texts, each.seconds, each.over, each.noisy) for each in scored(known, Random(7), 5)]
    assert found[-1] == (5, 0.06, 2, 1)


def test_a_window_says_how_long_acks_took() -> None:
    assert Window().line() == "nothing yet"
    assert "1 acks in 0.0 s: median 3.00 ms, p95 3.00 ms, p99 3.00 ms, longest 3.00 ms" in Window([0.003]).line()
    shown = Window([n / 1000 for n in range(1, 101)], 2.0).line()
    assert "100 acks in 2.0 s: median 50.50 ms, p95 95." in shown
    assert "longest 100.00 ms" in shown
