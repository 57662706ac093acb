"""Nothing in the code bears a name that docs/words.md retired, and a class name stands once."""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.test_docs import read, rows, section

ROOT = Path(__file__).parent.parent
TOPS = ("chat", "spam", "bench", "tests")
SCRIPTS = ("widget", "static")
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
RETIRED = frozenset(rows(section(read("docs/words.md"), "Retired")))
PUBLISHED = frozenset({"told_at"})  # on the wire and in a column, and so it stays


def sources() -> Iterator[Path]:
    for top in TOPS:
        yield from sorted((ROOT / top).rglob("*.py"))


def parts(name: str) -> set[str]:
    """The words that a name is made of, each also as the one of which it is the plural."""
    found = {each.lower() for each in PART.findall(name)}
    return found | {each.removesuffix("s") for each in found}


def names(source: str) -> Iterator[str]:
    """Yield every name of a module."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME:
            yield token.string


def retired(found: Iterable[str]) -> set[str]:
    return {name for name in found if parts(name) & RETIRED and name not in PUBLISHED}


def classes(path: str, source: str) -> dict[str, str]:
    """Where each class of a module stands, by its name."""
    tree = ast.parse(source)
    return {each.name: f"{path}:{each.lineno}" for each in ast.walk(tree) if isinstance(each, ast.ClassDef)}


def twice(known: Iterable[dict[str, str]]) -> list[str]:
    """The classes whose name stands more than once."""
    seen: dict[str, list[str]] = {}
    for each in known:
        for name, at in each.items():
            seen.setdefault(name, []).append(at)
    return [f"{name}: {', '.join(places)}" for name, places in sorted(seen.items()) if len(places) > 1]


@pytest.mark.parametrize("top", [*TOPS])
def test_nothing_bears_a_retired_name(top: str) -> None:
    found = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in sorted((ROOT / top).rglob("*.py"))
        for name in retired([*names(path.read_text()), path.stem])
    }
    assert not found


@pytest.mark.parametrize("top", SCRIPTS)
def test_no_script_bears_a_retired_name(top: str) -> None:
    found = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in sorted((ROOT / top).rglob("*.js"))
        for name in retired([*re.findall(r"[A-Za-z_$][\w$]*", path.read_text()), path.stem])
    }
    assert not found


@pytest.mark.parametrize("word", sorted(RETIRED))
@pytest.mark.parametrize("shape", ["{0}", "{0}s", "_{0}", "open_{0}", "{0}_of", "{1}", "Chat{1}s", "last{1}"])
def test_a_retired_name_is_found_in_any_shape(word: str, shape: str) -> None:
    made = shape.format(word, word.title())
    assert retired(names(f"def {made}(): pass\n")) == {made}


def test_words_that_only_hold_a_retired_one_are_let_be() -> None:
    assert retired(["desktop", "indeed", "outdoors_men", "untold_"]) == set()


def test_what_was_published_stays_and_nothing_that_begins_like_it() -> None:
    assert retired(["told_at", "told_at_once", "told"]) == {"told_at_once", "told"}


def test_a_class_name_stands_once() -> None:
    known = (
        classes(str(path.relative_to(ROOT)), path.read_text())
        for top in ("chat", "spam")
        for path in sorted((ROOT / top).rglob("*.py"))
    )
    assert twice(known) == []


def test_a_class_that_stands_twice_is_found() -> None:
    known = [classes("one.py", "class Head: pass\n"), classes("two.py", "class Head: pass\nclass Tail: pass\n")]
    assert twice(known) == ["Head: one.py:1, two.py:1"]
