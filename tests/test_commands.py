"""A command that the tests fork is the one that its users start: the two say, answer and leave behind the same."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.commands import lethe, started
from tests.forks import LOADED
from tests.test_migrations import environment

INIT = ("init", "--account", "Acme", "--email", "owner@acme.example", "--origin", "https://acme.example")
CALLS = {
    "help": ("--help",),
    "nothing": (),
    "unknown": ("nothing-of-the-kind",),
    "not text": ("spam", "classify", "\udcff"),
    "before it is prepared": ("check",),
    "a failure": (*INIT[:4], "no address", *INIT[5:]),
    "Greek": ("spam", "classify", "Κερδίσατε 5000 €", "--json"),
}


@pytest.mark.parametrize("call", CALLS)
def test_what_is_forked_answers_as_what_is_started(call: str, tmp_path: Path) -> None:
    environ = environment(tmp_path, f"sqlite:///{tmp_path}/lethe.db")
    forked, usual = (run(environ, *CALLS[call]) for run in (lethe, started))
    assert (forked.returncode, forked.stdout, forked.stderr) == (usual.returncode, usual.stdout, usual.stderr)


def test_it_reads_its_input_and_leaves_the_same_behind(tmp_path: Path) -> None:
    left = []
    for run in (lethe, started):
        folder = tmp_path / run.__name__
        folder.mkdir()
        environ = environment(folder, f"sqlite:///{folder}/lethe.db")
        done = run(environ, *INIT, "--password-stdin", given="three words that fit\n")
        assert (done.returncode, done.stderr) == (0, "")
        files = sorted((str(each.relative_to(folder)), each.stat().st_mode) for each in folder.rglob("*"))
        left.append((re.sub(r"(?m): \S+$", ": …", done.stdout), files))
    assert left[0] == left[1]
    assert any(name.endswith("secret.key") for name, _ in left[0][1])


def test_nothing_of_this_process_reaches_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = environment(tmp_path, f"sqlite:///{tmp_path}/lethe.db")
    monkeypatch.setenv("LETHE_SECRET_KEY", "short")
    monkeypatch.chdir(tmp_path)
    assert lethe(environ, "migrate").returncode == 0
    assert lethe(environ | {"LETHE_SECRET_KEY": "short"}, "check").returncode == 1
    assert lethe(environ | {"LETHE_DATA": "here"}, "migrate").returncode == 0
    assert Path("here").is_dir()


@pytest.mark.parametrize("module", LOADED)
def test_what_is_loaded_before_the_fork_is_there(module: str) -> None:
    assert find_spec(module) is not None  # one that is not would be passed over, and loaded by each command
