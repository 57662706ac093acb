"""Claims about fitting in a process of its own: it makes what this process would, tells how far it is, and may die."""

import asyncio
import json
import random
import subprocess
import sys
from array import array
from pathlib import Path

import pytest

from chat.core.errors import Unavailable
from chat.spam_filter.actions import fitting, runs
from spam import Filter, Taught
from spam import fitting as program
from spam.fitting import Job, WantedVersion
from spam.head import ScoringHead
from spam.report import Example, fold_of, report
from tests.inside import House
from tests.test_spam_training import HAM, SPAM
from tests.test_training_runs import filled

PRIOR, KEY = Filter.shipped(), b"an account's key"


def examples(many: int = 60) -> list[Example]:
    """Labelled texts, each by a contact of its own but every tenth."""
    known, made = Taught(PRIOR, KEY), []
    for number in range(many):
        spam = number % 3 == 0
        text = f"{(SPAM if spam else HAM)[number % 15]} {number}"
        numbers = array("I", sorted(set(known.numbers(text))))
        made.append(Example(f"contact {number - number % 10 // 9}", (number, 1), number, text, numbers, spam))
    return made


def job(found: list[Example], *, reports: bool = True) -> Job:
    """A job of two versions."""
    return Job(
        PRIOR, KEY, 0.002, ScoringHead(), found, [WantedVersion(30, report=False), WantedVersion(99, report=reports)]
    )


def test_the_program_makes_what_this_process_would() -> None:
    asked = job(examples())
    ran = subprocess.run(
        [sys.executable, "-m", "spam.fitting"], input=program.packed(asked), capture_output=True, check=True
    )
    *steps, last = ran.stdout.splitlines()
    assert [repr(each) for each in program.result(last)] == [repr(each) for each in program.run(asked)]
    done = [json.loads(each)["done"] for each in steps]
    assert done == sorted(done)
    assert done[-1] == 1


def test_the_program_loads_no_scikit_learn() -> None:
    script = "import spam.fitting, sys; print(sorted({'sklearn', 'scipy', 'numpy'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_a_contact_is_never_on_both_sides_of_a_fold() -> None:
    found = examples()
    for fold in range(5):
        tested = {each.who for each in found if fold_of(each.who) == fold}
        assert not tested & {each.who for each in found if fold_of(each.who) != fold}
    assert len({fold_of(each.who) for each in found}) == 5


def test_a_report_adds_up_and_says_no_word() -> None:
    found = examples()
    said, worst = report(found, PRIOR, KEY, ScoringHead(), 0.002)
    for side in ("candidate", "in_use"):
        counts = said[side]["confusion"]
        assert counts["spam_held"] + counts["spam_passed"] == said["labels"]["spam"] == 20
        assert counts["ham_held"] + counts["ham_passed"] == said["labels"]["ham"] == 40
        assert 0 <= said[side]["calibration_error"] <= 1
    assert said["curves"]["candidate"][0] == [0.0, 0.0, 1.0]
    assert said["curves"]["candidate"][-1][:2] == [1.0, 1.0]
    assert [each["labels"] for each in said["learning"]] == sorted({each["labels"] for each in said["learning"]})
    through = [each["spam_through"] for each in said["cost"]]
    assert through == sorted(through, reverse=True)
    assert all(ref in {each.ref for each in found} for ref, _ in worst)
    words = {word for each in found for word in (each.text or "").split() if len(word) > 5}
    assert not any(word in json.dumps(said) for word in words - set(json.dumps(said).replace('"', " ").split()))


def test_one_kind_alone_and_nothing_at_all_are_reported_as_they_are() -> None:
    ham = [each for each in examples(12) if not each.spam]
    said, _ = report(ham, PRIOR, KEY, ScoringHead(), 0.002)
    assert (said["candidate"]["recall"], said["cost"], said["curves"]["candidate"]) == (None, [], [])
    given = [each._replace(text=None) for each in ham]
    assert report(given, PRIOR, KEY, ScoringHead(), 0.002)[0]["candidate"] is None


@pytest.mark.anyio
async def test_much_is_fitted_in_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "SMALL", 10)
    heard: list[float] = []

    async def tell(done: float) -> None:
        heard.append(done)

    asked = job(examples())
    made = await fitting.fit(asked, tell)
    assert [repr(each) for each in made] == [repr(each) for each in program.run(asked)]
    assert len(heard) > 5


@pytest.mark.anyio
async def test_a_process_that_dies_leaves_the_run_waiting_and_the_next_sweep_does_it(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await filled(house, 3)
    started = await runs.start(house.services, house.actor)
    dying = tmp_path / "dies"
    dying.write_text(f"#!{sys.executable}\nimport os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    dying.chmod(0o700)
    with monkeypatch.context() as patched:
        patched.setattr(fitting, "SMALL", 0)
        patched.setattr(sys, "executable", str(dying))
        with pytest.raises(Unavailable):
            await runs.sweep(house.services)
    assert (await runs.one(house.services, house.actor, started.id)).state == "queued"
    await runs.sweep(house.services)
    assert (await runs.one(house.services, house.actor, started.id)).state == "done"


@pytest.mark.anyio
async def test_this_process_answers_while_another_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "SMALL", 10)
    working = asyncio.create_task(fitting.fit(job(examples(200), reports=True)))
    longest, last = 0.0, asyncio.get_running_loop().time()
    while not working.done():
        await asyncio.sleep(0.01)
        now = asyncio.get_running_loop().time()
        longest, last = max(longest, now - last), now
    await working
    assert longest < 1.0  # the fitting itself takes longer; packing is in a thread


def test_examples_come_in_any_order() -> None:
    found = examples(30)
    first = report(found, PRIOR, KEY, ScoringHead(), 0.002)
    random.Random(3).shuffle(found)
    assert report(found, PRIOR, KEY, ScoringHead(), 0.002) == first
