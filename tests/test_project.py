"""The project's own papers: locks, licence, exceptions with reasons, what a wheel holds."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", "requirements-test.lock", "requirements-uv.lock")
TOP = ("chat", "spam", "widget", "static", "tests", "bench", "docs", ".ci")
PARTS = ("chat", "spam", "static", "widget")
MADE = {"__pycache__", ".venv"}
LEFTOVERS = {
    "a path of one machine": re.compile(r"/(?:root|work|home|Users)/\w"),
    "a package registry": re.compile(r"(?:pypi|pythonhosted|npmjs)\.(?:org|com)", re.IGNORECASE),
    "an unfinished thought": re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X]|HAC[K])\b"),
    "a merge's mark": re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE),
}
SILENCED = re.compile(r"#\s*(?:noqa|type:\s*ignore|pragma: no cover)(?P<rest>[^\n]*)")
UNSEEDED = re.compile(r"(?<!np\.)\brandom\.[a-z]\w*\(|\bRandom\(\)|SystemRandom\(")
CODES = re.compile(r"\[[^]]*\]")


@cache
def project() -> dict[str, dict[str, object]]:
    """What pyproject.toml says."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def files(folder: Path) -> Iterator[Path]:
    """Every file of ours below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not MADE & set(path.parts):
            yield path


def texts() -> Iterator[tuple[Path, str]]:
    """Every text in the project, the lock files left out."""
    tops = [path for path in ROOT.iterdir() if path.is_file() and path.suffix != ".lock" and path.name != ".git"]
    for path in [*tops, *(path for top in TOP for path in files(ROOT / top))]:
        try:
            yield path.relative_to(ROOT), path.read_text()
        except UnicodeDecodeError:
            continue


def unreasoned(text: str) -> list[str]:
    """The silenced warnings in a text that have no word beside them but codes."""
    return [
        match.group() for match in SILENCED.finditer(text) if not re.search(r"[a-z]{3}", CODES.sub("", match["rest"]))
    ]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host_and_hashes_every_package(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    entries = re.split(r"\n(?=\S)", text.strip())
    assert entries
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)


def test_the_test_lock_holds_all_of_the_plain_one() -> None:
    plain, full = ((ROOT / lock).read_text() for lock in LOCKS[:2])
    pins = set(re.findall(r"^\S+==\S+", plain, re.MULTILINE))
    assert pins <= set(re.findall(r"^\S+==\S+", full, re.MULTILINE))


def test_all_chance_of_the_tests_can_be_repeated() -> None:
    assert UNSEEDED.search("random" + ".randrange(7)")
    assert UNSEEDED.search("random.Random" + "()")
    assert not UNSEEDED.search("random.Random(7).random()")
    ours = [(path, text) for path, text in texts() if path.suffix == ".py" and path.parts[0] == "tests"]
    assert [path.name for path, text in ours if UNSEEDED.search(text)] == ["chance.py"], "draw from tests/chance.py"


def test_every_dependency_is_locked_and_has_its_decision() -> None:
    about = project()["project"]
    optional = about["optional-dependencies"]
    assert isinstance(optional, dict)
    decisions = "".join(path.read_text() for path in (ROOT / "docs/decisions").glob("*.md"))
    locked = (ROOT / "requirements-test.lock").read_text()
    for need in [*about["dependencies"], *optional["test"]]:  # type: ignore[misc]  # TOML is untyped
        name = re.split(r"[^\w-]", need)[0]
        assert f"\n{name}==" in f"\n{locked}" or f"\n{name}[" in f"\n{locked}", name
        assert f"`{name}`" in decisions, f"no decision names {name}"


def test_every_exception_in_the_settings_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    rules = re.findall(r'^\s+"[A-Z]+\d*",(.*)$', text, re.MULTILINE)
    assert rules
    assert all(re.match(r" # \S+ .*\w", reason) for reason in rules), rules


def excused(settings: Any) -> list[str]:
    """The imports that go up and are let be."""
    known = settings["tool"]["importlinter"]["contracts"]
    return [one for each in known if each["type"] == "layers" for one in each.get("ignore_imports", [])]


def test_no_import_that_goes_up_is_excused() -> None:
    assert excused(project()) == []


def test_an_import_that_is_excused_is_found() -> None:
    line = "chat.account.store -> chat.tickets.schema"
    layers = {"type": "layers", "ignore_imports": [line]}
    assert excused({"tool": {"importlinter": {"contracts": [{"type": "forbidden"}, layers]}}}) == [line]


def test_every_silenced_warning_says_why() -> None:
    silenced = {str(path): unreasoned(text) for path, text in texts() if path.suffix == ".py"}
    assert not {path: found for path, found in silenced.items() if found}


@pytest.mark.parametrize(
    ("line", "reasoned"),
    [
        ("x()  # no" + "qa: S603", False),
        ("x()  # no" + "qa", False),
        ("x()  # no" + "qa: S603 - the command is ours", True),
        ("x()  # no" + "qa: S603, S607 - the command is ours", True),
        ("x()  # type: " + "ignore[misc]", False),
        ("x()  # type: " + "ignore[misc]  # TOML is untyped", True),
    ],
)
def test_a_reason_is_distinguished_from_none(line: str, *, reasoned: bool) -> None:
    assert bool(unreasoned(line)) is not reasoned


@pytest.mark.parametrize("kind", LEFTOVERS)
def test_nothing_is_left_over(kind: str) -> None:
    pattern = LEFTOVERS[kind]
    found = {str(path): match.group() for path, text in texts() if (match := pattern.search(text))}
    assert not found


def test_leftovers_are_found_where_there_are_some() -> None:
    some = {
        "a path of one machine": "open('/ho" + "me/jo/x')",
        "a package registry": "https://files.python" + "hosted.org/x",
        "an unfinished thought": "# TO" + "DO later",
        "a merge's mark": "text\n" + "<" * 7 + " HEAD",
    }
    assert all(LEFTOVERS[kind].search(text) for kind, text in some.items())


def test_the_licence_is_apache_2() -> None:
    assert project()["project"]["license"] == "Apache-2.0"
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text


def test_ci_runs_what_people_run_and_nothing_else() -> None:
    lines = (ROOT / ".ci/run").read_text().splitlines()
    assert lines == ["#!/bin/sh", 'exec "$(dirname "$0")/../run" test']


@pytest.mark.parametrize("script", ["run", ".ci/run"])
def test_the_scripts_can_be_run(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)


@pytest.mark.parametrize(("argument", "status"), [("--help", 0), ("nonsense", 2)])
def test_run_says_how_to_use_it(argument: str, status: int) -> None:
    done = subprocess.run([ROOT / "run", argument], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == status
    assert "Usage: ./run" in done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The distribution as it is published, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("lethe_chat-*.whl"))) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_a_wheel_holds_all_that_is_served_and_read(wheel: Path) -> None:
    for part in PARTS:
        ours = {path.relative_to(ROOT) for path in files(ROOT / part)}
        assert ours
        assert ours <= {path.relative_to(wheel) for path in files(wheel / part)}


def test_a_wheel_holds_nothing_else(wheel: Path) -> None:
    assert {path.name for path in wheel.iterdir() if path.suffix != ".dist-info"} == set(PARTS)


def test_the_installed_command_answers_from_anywhere(wheel: Path, tmp_path: Path) -> None:
    entry = next(wheel.glob("*.dist-info/entry_points.txt")).read_text()
    assert "lethe = chat.__main__:main" in entry
    script = "import chat, sys; from chat.__main__ import main; print(chat.__file__); sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", script, "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(wheel)},
    )
    assert str(wheel) in done.stdout
    assert "demo" in done.stdout


SELDOM = ("sklearn", "numpy", "redis", "psycopg", "alembic", "zxcvbn", "PIL")
"""What takes a tenth of a second or more to load, and few commands or servers need."""


@pytest.mark.parametrize(("loaded", "more"), [((), ""), (("redis",), "import redis"), (("sklearn",), "import sklearn")])
def test_what_few_need_is_not_loaded_by_all(tmp_path: Path, loaded: tuple[str, ...], more: str) -> None:
    lines = ("import chat.serving, sys", "from chat.__main__ import parser", "parser()", more)
    script = "\n".join((*lines, f"print(*[name for name in {SELDOM} if name in sys.modules])"))
    done = subprocess.run([sys.executable, "-c", script], check=True, cwd=tmp_path, capture_output=True, text=True)
    assert set(loaded) <= set(done.stdout.split())
    assert bool(loaded) == bool(done.stdout.split())
