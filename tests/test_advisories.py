"""The page of published faults is whole: every row, its tests, and every test of an advisory."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROW = re.compile(r"^\| (\d{2,3}) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| (yes|no|open): ([^|]*)\|$", re.MULTILINE)
IDS = re.compile(r"(?:CVE-\d{4}-|GHSA-|HackerOne |huntr |issue )[\w-]+")
NUMBER = re.compile(r"adv_(\d{2,3})(?=_)")
COUNT = 100


@dataclass(frozen=True)
class Row:
    """A fault: its public ids, whether it applies, and what holds it, as `path` or `path::test`."""

    number: int
    ids: tuple[str, ...]
    applies: bool
    held: tuple[str, ...]


def rows(page: str) -> list[Row]:
    """The rows of the table."""
    found = ROW.findall(page)
    return [
        Row(int(each[0]), tuple(IDS.findall(each[2])), each[4] == "yes", tuple(re.findall(r"`([^`]+)`", each[5])))
        for each in found
    ]


def cases(text: str) -> set[str]:
    """The names of a file's tests."""
    found = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {node.name for node in found if node.name.startswith("test_")}


def about(row: Row, path: str, text: str) -> bool:
    """Whether a file with tests is about a row: by its number in a name, or by its id."""
    numbers = {int(each) for name in {path, *cases(text)} for each in NUMBER.findall(name)}
    return bool(cases(text)) and (row.number in numbers or any(each in text for each in row.ids))


def faults(page: str, files: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the page, given the text of every file with tests by its path."""
    found = rows(page)
    if [each.number for each in found] != list(range(1, COUNT + 1)):
        yield "the rows are not 1 to 100"
    for row in found:
        if row.applies != bool(row.held):
            yield f"{row.number}: what applies names its tests, and only that"
        for each in row.held:
            path, _, name = each.partition("::")
            if path not in files:
                yield f"{row.number}: {path} is not there"
            elif name and name not in cases(files[path]):
                yield f"{row.number}: {each} is not there"
            elif not name and "test_adv_" in path and not about(row, path, files[path]):
                yield f"{row.number}: {path} is about something else"
    yield from unlisted(found, files)


def unlisted(found: list[Row], files: Mapping[str, str]) -> Iterator[str]:
    """The tests of advisories that their row does not name."""
    named = {row.number: {each.partition("::")[0] for each in row.held} for row in found}
    for path, text in files.items():
        for name in {path, *cases(text)} if "test_adv_" in path else set():
            for number in map(int, NUMBER.findall(name)):
                if path not in named.get(number, ()):
                    yield f"{number}: {path} is not in its row"


PAGE = (ROOT / "docs/advisories.md").read_text()
FILES = {str(each.relative_to(ROOT)): each.read_text() for each in sorted((ROOT / "tests").rglob("test_*.py"))}


def test_the_page_of_published_faults_is_whole() -> None:
    assert sorted(set(faults(PAGE, FILES))) == []


def test_it_is_linked_where_security_is_spoken_of() -> None:
    assert "(docs/advisories.md)" in (ROOT / "SECURITY.md").read_text()
    assert "(docs/advisories.md)" in (ROOT / "README.md").read_text()


LINE = next(each for each in PAGE.splitlines() if "test_adv_16_access.py" in each)


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (PAGE.replace(f"{LINE}\n", ""), "the rows are not 1 to 100"),
        (
            PAGE.replace("test_adv_16_access.py", "test_adv_16_nothing.py"),
            "16: tests/advisories/test_adv_16_nothing.py is not there",
        ),
        (PAGE.replace("| no: ", "| yes: "), "50: what applies names its tests, and only that"),
        (
            PAGE.replace(LINE, LINE.replace("advisories/test_adv_16_access.py", "advisories/test_adv_86_patterns.py")),
            "16: tests/advisories/test_adv_86_patterns.py is about something else",
        ),
        (
            PAGE.replace(LINE, LINE.replace("_access.py", "_access.py::test_nothing")),
            "16: tests/advisories/test_adv_16_access.py::test_nothing is not there",
        ),
    ],
)
def test_the_control_a_page_that_is_wrong_is_found(page: str, said: str) -> None:
    assert page != PAGE
    assert said in set(faults(page, FILES))


def test_the_control_a_test_that_is_in_no_row_is_found() -> None:
    more = {
        "tests/walks/test_adv_99_new.py": "def test_x(): ...",
        "tests/advisories/test_adv_16_y.py": "def test_adv_17_z(): ...",
    }
    said = set(unlisted(rows(PAGE), more))
    assert {each.partition(":")[0] for each in said} == {"99", "16", "17"}
