"""What widget and inbox share, module by module in a real browser: what it promises, and that a fault in it shows."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.walks.scripts import Change, serve

ADDRESSES = "static/common/addresses.js"


@dataclass(frozen=True)
class Claim:
    """What a function gives, of which `body` is the body and `its` a module, and a fault after which it does not."""

    module: str
    body: str
    gives: Any
    fault: Change


def given(page: Page, claim: Claim) -> Any:
    """What the module gives."""
    return page.evaluate(f"async () => {{ const its = await import('/{claim.module}'); {claim.body} }}")


def found(text: str, *parts: str, fault: Change) -> Claim:
    """A text and what it is taken apart into, each address in angle brackets."""
    body = f"return its.parts({json.dumps(text)}).map((each) => each.source ? `<${{each.source}}>` : each);"
    return Claim(ADDRESSES, body, list(parts), fault)


CLAIMS = {
    "marks at the end of an address are the sentence's": found(
        "see https://a.example/x?!. Yes",
        *("see ", "<https://a.example/x>", "?!. Yes"),
        fault=("TRAILING.includes(match", "false && TRAILING.includes(match"),
    ),
    "a bracket around an address is the sentence's": found(
        "(https://a.example/x)",
        *("(", "<https://a.example/x>", ")"),
        fault=("open = 0;", "open = 1;"),
    ),
    "a bracket that closes one of the address's own is its": found(
        "(https://a.example/a_(b)), {http://[::1]}",
        *("(", "<https://a.example/a_(b)>", "), {", "<http://[::1]>", "}"),
        fault=("open += 1", "open += 0"),
    ),
    "one that was closed before is not open": found(
        "(https://a.example/(a)b)",
        *("(", "<https://a.example/(a)b>", ")"),
        fault=("open -= 1;\n  }", "open -= 0;\n  }"),
    ),
    "an apostrophe may be inside": found(
        "'https://a.example/murphy's_law'",
        *("'", "<https://a.example/murphy's_law>", "'"),
        fault=("[^\\s<>", "[^\\s'<>"),
    ),
    "what no browser could open stays text": found(
        "https:// and https://a b, https://[x",
        *("https:// and ", "<https://a>", " b, https://[x"),
        fault=("if (!URL.canParse(source)) continue;", "if (!URL.canParse(source)) return [];"),
    ),
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_module_does_what_it_promises_and_a_fault_shows(page: Page, claim: str) -> None:
    wanted = CLAIMS[claim]
    serve(page)
    assert given(page, wanted) == wanted.gives
    serve(page, {wanted.module: wanted.fault})
    assert given(page, wanted) != wanted.gives
