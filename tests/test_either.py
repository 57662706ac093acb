"""In a whole run, what is not about databases runs on one of the two."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TESTS = """
import pytest

@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request): return request.param

@pytest.mark.parametrize("number", range(32))
def test_any(settings, number): pass

@pytest.mark.both_databases
@pytest.mark.parametrize("number", range(4))
def test_about(settings, number): pass

@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("number", range(4))
def test_of_one(settings, number): pass

def test_of_none(): pass
"""


def collected(folder: Path, *arguments: str, **environ: str) -> set[str]:
    """The tests that would run."""
    (folder / "test_some.py").write_text(TESTS)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  both_databases: both\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:valkey", "-p", "no:cacheprovider", "--collect-only", "-q"]
    given = {name: value for name, value in os.environ.items() if name != "TEST_WHOLE"} | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*command, *arguments], cwd=folder, env=given | environ, check=True, capture_output=True, text=True
    )
    return {line for line in done.stdout.splitlines() if "::" in line}


def of(found: set[str], name: str, kind: str = "") -> int:
    """How many of them there are."""
    return sum(each.startswith(f"test_some.py::{name}") and kind in each for each in found)


def test_each_runs_on_one_and_what_is_about_databases_on_both(tmp_path: Path) -> None:
    found = collected(tmp_path, "-p", "tests.either", TEST_SEED="7")
    assert [of(found, name) for name in ("test_any", "test_about", "test_of_one", "test_of_none")] == [32, 8, 4, 1]
    assert len({each.replace("sqlite", "").replace("postgresql", "") for each in found if "_any" in each}) == 32
    assert of(found, "test_any", "sqlite") in range(8, 25)
    assert found == collected(tmp_path, "-p", "tests.either", TEST_SEED="7")
    assert found != collected(tmp_path, "-p", "tests.either", TEST_SEED="8")


@pytest.mark.parametrize(("arguments", "environ"), [([], {}), (["-p", "tests.either"], {"TEST_WHOLE": "1"})])
def test_all_run_on_both_where_they_are_named_or_all_is_tried(
    tmp_path: Path, arguments: list[str], environ: dict[str, str]
) -> None:
    assert of(collected(tmp_path, *arguments, **environ), "test_any") == 64
