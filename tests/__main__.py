"""
Every check, as `./run test` runs it: style, types, floors, tests, then walks in a browser. With arguments it is pytest
alone, over what they name.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import parse

from tests import browser
from tests.chance import SEED

ROOT = Path(__file__).parent.parent
WALKS = "tests/walks"
WHOLE = "--whole"
"""Has the long tests try all there is, and not a sample: `tests/chance.py`."""
SHARED = ("--dist=loadscope", "--no-loadscope-reorder", "-p", "tests.sharing")
"""Shares out whole modules, whose servers start once each."""
EITHER = ("-p", "tests.either")
"""Runs what is not about databases on one of them, by chance."""
FOUR = ("--numprocesses=4", *SHARED, *EITHER)
"""
On two processors as well: about half of its time a test waits, for a server, for a disk, for its turn; a walk about a
quarter, for what it looks at to stand still, or for the clock.
"""
WITHIN = 100 * 60.0
"""Seconds for everything, on a machine that is several times as slow as ours: who hangs must not hang for ever."""
AGAIN = 3
"""
So many failed tests of a whole run, and no more, are tried once more with nothing beside them: on a busy machine one of
thousands fails now and then that is right. What is wrong fails twice; which passed only then is printed.
"""
ENDS = 60.0
"""Seconds for a child that is told to end, before it is killed."""
FLOORS = "from importlinter.cli import lint_imports as lint; raise SystemExit(lint(no_cache=True, no_logo=True))"
CHECKS = (
    ("style", ("-m", "ruff", "check", "--quiet", "--output-format=concise")),
    ("format", ("-m", "ruff", "format", "--check", "--quiet", "--output-format=concise")),
    ("types", ("-m", "mypy", "--no-error-summary")),
    ("floors", ("-c", FLOORS)),
    ("browser", ("-m", "tests.oxc")),
)


@dataclass(frozen=True)
class Outcome:
    """What came of one step: its name, how many of its tests passed and failed, and which failed, where it is known."""

    name: str
    passed: int
    failed: int
    which: tuple[str, ...] = ()


class Steps:
    """Runs one child after another, prints their names, and stops when told to."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._limit = time.monotonic() + WITHIN
        # A terminal's Ctrl-C reaches the child too, which is waited for: it has servers to stop.
        signal.signal(signal.SIGINT, self._interrupted)
        signal.signal(signal.SIGTERM, self._terminated)

    def run(self, name: str, arguments: Sequence[str]) -> int:
        """
        The exit status of this Python with these arguments; negative, as of one that was killed, where it was not done
        in time. Raises `KeyboardInterrupt`.
        """
        print(f"== {name}", flush=True)
        began = time.monotonic()
        with subprocess.Popen([sys.executable, *arguments], cwd=ROOT) as self._child:
            status = ended(self._child, max(self._limit - began, 1.0))
        self._child = None
        if self._stopped:
            raise KeyboardInterrupt
        print(f"   {name}: {time.monotonic() - began:.1f} s", flush=True)
        return status

    def _interrupted(self, *_: object) -> None:
        self._stopped = True
        if self._child:
            later = threading.Timer(ENDS, self._child.kill)  # it may not hear; its servers are ended by their keeper
            later.daemon = True
            later.start()

    def _terminated(self, *_: object) -> None:
        if self._child:
            self._child.terminate()
        self._interrupted()


def ended(child: subprocess.Popen[bytes], within: float) -> int:
    """The status of a child, which is told to end, and then killed, where it is not done in time."""
    try:
        return child.wait(within)
    except subprocess.TimeoutExpired:
        print(f"   not done within {within:.0f} s, so it is ended", flush=True)
        child.terminate()
    try:
        child.wait(ENDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    return -signal.SIGKILL


def check(steps: Steps, name: str, arguments: Sequence[str]) -> Outcome:
    """One check that is right or wrong as a whole."""
    wrong = steps.run(name, arguments) != 0
    return Outcome(name, int(not wrong), int(wrong))


def tests(steps: Steps, name: str, arguments: Sequence[str]) -> Outcome:
    """One pytest process. A failure of pytest itself counts as one failed test."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        chance = f"--hypothesis-seed={SEED}"
        status = steps.run(name, ("-m", "pytest", "--quiet", chance, f"--junit-xml={report}", *arguments))
        passed, failed = counts(report)
        which = failures(report)
    broken = status not in {0, 1, 5} or (status == 1 and not failed)
    return Outcome(name, passed, failed + int(broken), () if broken or len(which) != failed else which)


def settled(steps: Steps, outcome: Outcome) -> Outcome:
    """The same, but for a few tests that failed: they are tried once more, by themselves, and that counts."""
    if not 0 < len(outcome.which) <= AGAIN:
        return outcome
    second = tests(steps, f"{outcome.name} that failed, once more", outcome.which)
    if second.passed + second.failed < outcome.failed:  # not each of them was found
        return outcome
    for test in set(outcome.which) - set(second.which) if second.passed else ():
        print(f"   passed only when it was tried again: {test}")
    return Outcome(outcome.name, outcome.passed + second.passed, second.failed)


def failures(report: Path) -> tuple[str, ...]:
    """Which tests failed, as pytest is asked for them."""
    if not report.exists():
        return ()
    cases = parse(report).getroot().iter("testcase")  # noqa: S314 - we wrote it
    failed = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    return tuple(f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}" for case in failed)


def counts(report: Path) -> tuple[int, int]:
    """How many tests passed and failed, from pytest's JUnit report; none where it wrote none."""
    if not report.exists():
        return 0, 0
    suite = parse(report).getroot().find("testsuite")  # noqa: S314 - we wrote it
    if suite is None:
        return 0, 0
    total, failed, errors, skipped = (int(suite.get(key, "0")) for key in ("tests", "failures", "errors", "skipped"))
    return total - failed - errors - skipped, failed + errors


def split(arguments: Sequence[str]) -> tuple[list[str] | None, list[str] | None]:
    """
    The arguments of the two pytest processes; None for one that is not asked for: who names no walk gets none, unless
    nothing is named at all. Shared out is only everything, as who names some tests may want a debugger.
    """
    if not arguments:
        return [f"--ignore={WALKS}", *FOUR], [WALKS, *FOUR]
    paths = [a for a in arguments if Path(ROOT, a.partition("::")[0]).exists()]
    walks = [p for p in paths if p.startswith(WALKS)]
    if not paths:
        return [f"--ignore={WALKS}", *arguments], None
    plain = [a for a in arguments if a not in walks]
    walked = [a for a in arguments if a in walks or a not in paths]
    return (plain if len(walks) < len(paths) else None), (walked if walks else None)


def run(steps: Steps, arguments: Sequence[str]) -> list[Outcome]:
    """Every step's outcome, whatever the others' were. `check` alone runs no test; arguments are for tests alone."""
    outcomes = [] if arguments and arguments != ["check"] else [check(steps, *each) for each in CHECKS]
    if arguments == ["check"]:
        return outcomes
    plain, walked = split(arguments)
    if plain is not None:
        outcomes.append(tests(steps, "tests", plain))
    if walked is not None:
        browser.provide()
        outcomes.append(tests(steps, "walks", walked))
    # Who names some wants to see how they fail.
    return outcomes if arguments else [settled(steps, each) for each in outcomes]


def main(arguments: Sequence[str]) -> int:
    """Prints what failed and, as the last line, how much passed and failed. Returns the status."""
    print(f"seed {SEED}: TEST_SEED={SEED} repeats what is up to chance")
    try:
        outcomes = run(Steps(), arguments)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    wrong = [each.name for each in outcomes if each.failed]
    tested = sum(each.passed + each.failed for each in outcomes if each.name in {"tests", "walks"})
    if not tested and arguments != ["check"]:
        wrong.append("no test has run")
    if wrong:
        print(f"Failed: {', '.join(wrong)}")
    if "walks" in wrong and not browser.find():
        print(browser.MISSING)
    failed = sum(each.failed for each in outcomes)
    print(f"{sum(each.passed for each in outcomes)} passed, {failed} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    if WHOLE in sys.argv:
        os.environ["TEST_WHOLE"] = "1"
    sys.exit(main([each for each in sys.argv[1:] if each != WHOLE]))
