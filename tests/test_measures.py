"""What `./run measures` says of a tree is what is there."""

import re
import sys
from pathlib import Path

import pytest

from tests import measures
from tests.measures import EXAMPLE, Trace

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


def _private(value: Any) -> None: ...  # "# no"


def bare() -> None: ...
'''


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout of two modules."""
    for path, text in {
        "chat/shop/actions/till.py": CODE,
        "spam/words.py": f'"""Of a {EXAMPLE.title()}."""\n',
        ".venv/chat.py": EXAMPLE,
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def test_a_tree_is_measured(tree: Path) -> None:
    made = measures.shape(tree)
    assert (made["files"], made["lines"], made["functions"]) == ("2", "21", "3")
    assert made["functions nested deeper than 3"] == "1"
    assert made["public functions with a docstring"] == "50 %"
    assert made["lines that are a comment / hold one"] == f"{100 / 21:.1f} / {200 / 21:.1f} %"
    assert made["annotations with Any where layers meet"] == "1"
    assert made[f"files that mention `{EXAMPLE}`"] == "1"


def test_what_is_loose_is_named(tree: Path) -> None:
    assert [*measures.looseness(tree)] == ["chat/shop/actions/till.py:7 deep: dict[str, Any]"]
    (tree / "chat/shop/store.py").write_text(CODE)
    assert len([*measures.looseness(tree)]) == 1, "what a store says stays below"


def test_another_tree_has_other_measures(tree: Path) -> None:
    before = measures.shape(tree)
    (tree / "spam/words.py").write_text('"""Of nothing."""\n\n\ndef more(value: int) -> int:\n    return value\n')
    after = measures.shape(tree)
    changed = {name for name in before if before[name] != after[name]}
    assert {"lines", "functions", f"files that mention `{EXAMPLE}`", "public functions with a docstring"} <= changed


LOOSE = {
    "chat/account/actions/accounts.py checked": "each column of a site has a type of its own",
    "chat/account/api.py change_of": "each setting has a type of its own",
    "chat/canned_responses/actions.py checked": "each column of a reply has a type of its own",
    "chat/canned_responses/pages.py typed": "what was typed of a reply: texts, and texts by language",
    "chat/identity_providers/actions/settings.py checked": "what is wanted of a provider, by names of its columns",
    "chat/scim/api/answers.py listed": "resources of SCIM, whose schemas are JSON themselves",
    "chat/scim/api/answers.py scim_endpoint": "each parameter has a type of its own",
    "chat/scim/api/answers.py shown": "a resource of SCIM, of which any attributes are shown",
    "chat/scim/api/answers.py user_of": "a resource of SCIM, of which any attributes are shown",
    "chat/tickets/sockets/looking.py spawn": "what a coroutine sends and takes is its own concern",
    "chat/web/answers.py render": "Starlette's own signature; whatever msgspec writes",
    "chat/web/answers.py sent": "an ASGI message, of which the specification leaves more open",
    "chat/web/endpoint.py endpoint": "each parameter has a type of its own",
    "chat/web/endpoint.py path": "Starlette's values of an address, by name",
    "chat/web/endpoint.py read": "the wrapper takes whatever its handler asks for",
    "chat/web/endpoint.py with_settings": "each setting has a type of its own",
    "chat/web/examples.py example": "whatever JSON a schema allows",
    "chat/web/forms.py named": "each setting has a type of its own",
    "chat/web/forms.py settings_form": "each setting has a type of its own",
    "chat/web/forms.py typed_settings": "each setting has a type of its own",
    "chat/web/http.py connection_made": "uvicorn's own signature",
    "chat/web/openapi.py ecma": "a schema is whatever JSON it is",
    "chat/web/page_endpoint.py page_endpoint": "each parameter has a type of its own",
    "chat/web/page_endpoint.py settings": "each setting has a type of its own",
    "chat/web/requests.py body_of": "msgspec's own: a type, and what it reads",
    "chat/web/sockets/__init__.py socket_route": "Starlette's own: any ASGI application",
    "chat/web/sockets/connection.py spawn": "what a coroutine sends and takes is its own concern",
    "chat/web/sockets/wire.py handle_connect": "uvicorn's own signature",
}
"""Each public function of these layers that says `Any`, and why it does."""


def loose(tree: Path) -> set[str]:
    """The functions of these layers that say `Any`, without their lines."""
    return {re.sub(r":\d+ (\w+): .*", r" \1", each) for each in measures.looseness(tree)}


def test_no_any_is_where_layers_meet_but_with_a_reason() -> None:
    assert loose(measures.ROOT) - {*LOOSE} == set(), "give it a type with a name, or a reason"
    assert {*LOOSE} - loose(measures.ROOT) == set(), "it has a type by now"


def test_an_any_without_a_reason_is_found(tree: Path) -> None:
    assert loose(tree) - {*LOOSE} == {"chat/shop/actions/till.py deep"}


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
