"""A run always ends: tests that hang, test processes that are lost, servers that they leave behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.etree.ElementTree import parse

import pytest

from tests import __main__ as suite
from tests.keeper import tell

ROOT = Path(__file__).parent.parent
ENDS = 120.0
"""Seconds in which a run of a dozen empty tests has ended, on any machine."""
ALIKE = "".join(f"def test_{n}():\n    pass\n" for n in range(4))
LOST = """
import os, time
def test_before(): time.sleep(2)  # meanwhile the other process has done all the rest
def test_torn_away(): os._exit(1)
def test_behind(): pass
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Modules of which the last loses its process, when that has already done another."""
    for name in "abc":
        (tmp_path / f"test_{name}.py").write_text(ALIKE)
    (tmp_path / "test_d.py").write_text(LOST)
    return tmp_path


def shared_out(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """A run over two processes, in a session of its own."""
    command = [sys.executable, "-m", "pytest", "-p", "no:valkey", "-p", "no:cacheprovider", "--junit-xml=report.xml"]
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    every = [*command, "--numprocesses=2", "--dist=loadscope", *arguments]
    with (folder / "said").open("wb") as out:
        return subprocess.Popen(every, cwd=folder, env=environ, stdout=out, start_new_session=True)


def test_a_lost_process_fails_one_test_and_the_rest_is_run(folder: Path) -> None:
    run = shared_out(folder, "-p", "tests.sharing")
    try:
        assert run.wait(ENDS) == 1
    finally:
        tell([run.pid], signal.SIGKILL)
    cases = parse(folder / "report.xml").getroot().iter("testcase")  # noqa: S314 - we wrote it
    failed = {f"{case.get('classname')}.{case.get('name')}": case.find("error") is not None for case in cases}
    assert len(failed) == 15
    assert [name for name, wrong in failed.items() if wrong] == ["test_d.test_torn_away"]


def test_without_that_it_would_wait_for_ever(folder: Path) -> None:
    run = shared_out(folder)
    try:
        until(lambda: b"replacing crashed worker" in (folder / "said").read_bytes())
        with pytest.raises(subprocess.TimeoutExpired):
            run.wait(10)
    finally:
        tell([run.pid], signal.SIGKILL)
        run.wait()


STARTS = """
import json, os, sys
from tests import services
from tests.keeper import keeper
if sys.argv[1] == "unkept":
    keeper().keep = lambda *_: None
server = services.Valkey()
server.start()
print(json.dumps([server._process.pid, server.port, str(server.folder)]), flush=True)
os._exit(1)
"""


def left_behind(how: str) -> tuple[int, int, Path]:
    """What a process that is torn away had started: a server's session, its port and its folder."""
    run = subprocess.run(
        [sys.executable, "-c", STARTS, how], cwd=ROOT, stdout=subprocess.PIPE, check=False, timeout=ENDS
    )
    pid, port, folder = json.loads(run.stdout)
    return pid, port, Path(folder)


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_lost_process_leaves_no_server_and_no_folder() -> None:
    _, port, folder = left_behind("kept")
    until(lambda: not listens(port) and not folder.exists())


def test_without_a_keeper_the_server_would_stay() -> None:
    pid, port, folder = left_behind("unkept")
    try:
        time.sleep(1)
        assert listens(port)
        assert folder.exists()
    finally:
        tell([pid], signal.SIGKILL)


def test_a_test_that_hangs_fails_and_the_next_one_runs(tmp_path: Path) -> None:
    hangs = "import threading\ndef test_hangs(): threading.Event().wait()\ndef test_next(): pass\n"
    (tmp_path / "test_it.py").write_text(hangs)
    command = [sys.executable, "-m", "pytest", "-p", "no:valkey", "-p", "no:cacheprovider", "--timeout=1", "--quiet"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=ENDS)
    assert "1 failed, 1 passed" in run.stdout, run.stdout


HOLDS = """
import threading
from pathlib import Path
from tests.services import Valkey
def test_holds():
    with Valkey() as server:
        Path("held").write_text(f"{server._process.pid} {server.port}")
        threading.Event().wait()
def test_next(): pass
"""
RUN = """
import signal, sys
from pathlib import Path
from tests import __main__ as suite
if sys.argv[1] == "untold":
    signal.signal = lambda *_: None
suite.ROOT, suite.ENDS = Path.cwd(), 20.0
steps = suite.Steps()
try:
    steps.run("held", ["-m", "pytest", "-p", "tests.conftest", "-p", "no:valkey", "--numprocesses=2", *suite.SHARED])
except KeyboardInterrupt:
    sys.exit(130)
"""


def stopped(folder: Path, how: str) -> tuple[int, bool]:
    """The status of a run that is told to end while a test has a server; whether the server is there a while later."""
    (folder / "test_it.py").write_text(HOLDS)
    (folder / "pytest.ini").write_text("[pytest]\n")
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    run = subprocess.Popen([sys.executable, "-c", RUN, how], cwd=folder, env=environ, start_new_session=True)
    held = folder / "held"
    try:
        until(lambda: held.exists() and len(held.read_text().split()) == 2)
        server, port = map(int, held.read_text().split())
        run.send_signal(signal.SIGTERM)
        status = run.wait(ENDS)
        limit = time.monotonic() + (ENDS if how == "told" else 1.0)
        while listens(port) and time.monotonic() < limit:
            time.sleep(0.1)
        return status, listens(port)
    finally:
        tell([run.pid], signal.SIGKILL)
        if held.exists():
            tell([server], signal.SIGKILL)


def test_a_run_that_has_to_end_ends_and_leaves_no_server(tmp_path: Path) -> None:
    assert stopped(tmp_path, "told") == (130, False)


def test_the_control_a_run_that_tells_nobody_leaves_one(tmp_path: Path) -> None:
    assert stopped(tmp_path, "untold") == (-signal.SIGTERM, True)


DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"


def test_a_step_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite, "ENDS", 0.5)
    with subprocess.Popen([sys.executable, "-c", DEAF], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert suite.ended(child, 0.1) == -signal.SIGKILL
        assert child.returncode == -signal.SIGKILL


FAILS = """
from pathlib import Path
import pytest
@pytest.mark.parametrize("name", {names})
def test_it(name: str) -> None:
    with Path(name).open("a") as tried:
        tried.write("x")
    assert Path(name).stat().st_size > {times}
def test_fine(): pass
"""
PLAIN = ("-p", "no:valkey", "-p", "no:cacheprovider")


@pytest.mark.parametrize(
    ("names", "times", "failed", "tried"),
    [
        (["ä b", "c"], 1, 0, 2),
        (["ä b", "c"], 2, 2, 2),
        ([str(n) for n in range(suite.AGAIN + 1)], 1, suite.AGAIN + 1, 1),
    ],
)
def test_a_few_that_failed_are_tried_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str], times: int, failed: int, tried: int
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_it.py").write_text(FAILS.format(names=names, times=times))
    monkeypatch.setattr(suite, "ROOT", tmp_path)
    steps = Loose()
    outcome = suite.settled(steps, suite.tests(steps, "tests", PLAIN))
    assert (outcome.passed, outcome.failed) == (1 + len(names) - failed, failed)
    assert [len((tmp_path / name).read_text()) for name in names] == [tried] * len(names)


@pytest.mark.parametrize("text", ["import nowhere", "def test_it(): import os; os._exit(1)"])
def test_a_run_that_broke_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    (tmp_path / "test_it.py").write_text(text)
    monkeypatch.setattr(suite, "ROOT", tmp_path)
    steps = Loose()
    outcome = suite.tests(steps, "tests", PLAIN)
    assert outcome.failed
    assert suite.settled(steps, outcome) is outcome


class Loose(suite.Steps):
    """Steps that leave the signals of this process as they are."""

    def __init__(self) -> None:
        self._child, self._stopped, self._limit = None, False, time.monotonic() + ENDS


def test_every_test_has_a_limit(pytestconfig: pytest.Config) -> None:
    assert 0 < float(pytestconfig.getini("timeout")) < float(pytestconfig.getini("faulthandler_timeout")) < suite.WITHIN


def until(true: Callable[[], bool]) -> None:
    """Waits until it is so."""
    limit = time.monotonic() + ENDS
    while not true():
        assert time.monotonic() < limit, "it did not come true"
        time.sleep(0.1)


W, P = "tests/walks/test_inbox.py", "tests/test_gate.py"
ASKED: dict[tuple[str, ...], tuple[list[str] | None, list[str] | None]] = {
    (): (["--ignore=tests/walks", *suite.FOUR], ["tests/walks", *suite.FOUR]),
    ("-k", "consent"): (["--ignore=tests/walks", "-k", "consent"], None),
    (P, "-x"): ([P, "-x"], None),
    (f"{W}::test_it", "-x"): (None, [f"{W}::test_it", "-x"]),
    (P, W, "-x"): ([P, "-x"], [W, "-x"]),
}
"""What pytest is asked, first for tests, then for walks; None where it is not."""


@pytest.mark.parametrize("arguments", ASKED)
def test_walks_are_for_who_names_some_or_nothing(arguments: tuple[str, ...]) -> None:
    assert suite.split(arguments) == ASKED[arguments]


class Named(suite.Steps):
    """Keeps the names of the steps and runs none."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def run(self, name: str, arguments: Sequence[str]) -> int:
        """Keep it."""
        assert arguments
        self.names.append(name)
        return 0


@pytest.mark.parametrize(
    ("arguments", "names"), [(["check"], [name for name, _ in suite.CHECKS]), (["-k", "x"], ["tests"])]
)
def test_who_names_some_tests_waits_for_nothing_else(arguments: list[str], names: list[str]) -> None:
    steps = Named()
    suite.run(steps, arguments)
    assert steps.names == names
