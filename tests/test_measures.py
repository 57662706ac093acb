"""What `./run measures` says of a tree is what is there."""

import sys
from pathlib import Path

import pytest

from tests import measures
from tests.measures import Trace

CODE = '''"""A module."""

from typing import Any


# why
def deep(value: int) -> dict[str, Any]:
    """Say so."""
    if value:
        for _ in range(value):
            while value:
                with open("x"):
                    return {}
    return {}


def _private(value: Any) -> None: ...


def bare() -> None: ...
'''


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout of two modules."""
    for path, text in {
        "chat/shop/actions/till.py": CODE,
        "spam/words.py": '"""Of a Department."""\n',
        ".venv/chat.py": "department",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def test_a_tree_is_measured(tree: Path) -> None:
    made = measures.shape(tree)
    assert (made["files"], made["lines"], made["functions"]) == ("2", "21", "3")
    assert made["functions nested deeper than 3"] == "1"
    assert made["public functions with a docstring"] == "50 %"
    assert made["lines that are a comment"] == f"{100 / 21:.1f} %"
    assert made["annotations with Any where layers meet"] == "1"
    assert made["files that mention `department`"] == "1"


def test_what_is_loose_is_named(tree: Path) -> None:
    assert [*measures.looseness(tree)] == ["chat/shop/actions/till.py:7 deep: dict[str, Any]"]


def test_another_tree_has_other_measures(tree: Path) -> None:
    before = measures.shape(tree)
    (tree / "spam/words.py").write_text('"""Of nothing."""\n\n\ndef more(value: int) -> int:\n    return value\n')
    after = measures.shape(tree)
    changed = {name for name in before if before[name] != after[name]}
    assert {"lines", "functions", "files that mention `department`", "public functions with a docstring"} <= changed


@pytest.mark.anyio
async def test_the_paths_go_through_their_files_and_no_others() -> None:
    entered = await measures.paths()
    message, reply = entered["a visitor's message"], entered["an agent's reply over REST"]
    assert {"chat/tickets/sockets/visitor.py", "chat/tickets/store/posting.py", "spam/features.py"} <= {*message}
    assert {"chat/tickets/api/tickets.py", "chat/tickets/store/posting.py"} <= {*reply}
    assert "chat/tickets/api/tickets.py" not in message, "that is another path"
    assert "spam/features.py" not in reply, "an agent is not scored"
    assert "chat/erasure/actions/erasure.py" not in {*message, *reply}


def test_what_happens_while_it_is_off_is_not_noted() -> None:
    trace = Trace()
    trace(sys._getframe(), "call", None)
    assert not trace.entered
    trace.on = True
    trace(sys._getframe(), "call", None)
    assert trace.entered
