"""The style sheets as Chromium reads them: it knows every property and value, and none is said twice in one rule."""

import re
from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
SHEETS = sorted(
    str(path.relative_to(ROOT)) for each in ("static", "widget", "chat") for path in (ROOT / each).rglob("*.css")
)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
RULE = re.compile(r"{([^{}]*)}")
# As oxfmt writes them: each on lines of its own.
DECLARATION = re.compile(r"^\s*([a-z-][\w-]*):\s+([^;{}]+?)(?:\s*!important)?;[ \t]*$", re.MULTILINE)
# Known to Firefox and Safari; where it is not, a text stands as it stood before.
ELSEWHERE = [["text-align", "match-parent"]]
KNOWN = "all => all.filter(([name, value]) => !CSS.supports(name, value))"


def rules(text: str) -> list[list[tuple[str, str]]]:
    """The declarations of each rule: names and values."""
    return [DECLARATION.findall(body) for body in RULE.findall(COMMENT.sub("", text))]


def faults(page: Page, text: str) -> tuple[list[list[str]], list[str]]:
    """The declarations that Chromium does not know, and the names that one rule says twice."""
    found = rules(text)
    said = [name for rule in found for name, times in Counter(name for name, _ in rule).items() if times > 1]
    unknown: list[list[str]] = page.evaluate(KNOWN, [list(each) for rule in found for each in rule])
    return [each for each in unknown if each not in ELSEWHERE], said


@pytest.mark.parametrize("sheet", SHEETS)
def test_a_style_sheet_says_nothing_that_is_not_known_or_said_already(page: Page, sheet: str) -> None:
    text = (ROOT / sheet).read_text("utf-8")
    assert sum(map(len, rules(text))) == COMMENT.sub("", text).count(";") - text.count("@import"), "all are looked at"
    assert faults(page, text) == ([], [])


@pytest.mark.parametrize(
    ("rule", "unknown", "said"),
    [
        ("p {\n  colour: red;\n}", [["colour", "red"]], []),
        ("p {\n  color: rde;\n}", [["color", "rde"]], []),
        ("@media print {\n  p {\n    margin: 1 2;\n  }\n}", [["margin", "1 2"]], []),
        ("p {\n  margin: 0;\n  color: red !important;\n  margin: 0;\n}", [], ["margin"]),
        ("p {\n  --hue: 1 2;\n  color: hsl(var(--hue) 3%);\n}", [], []),
    ],
)
def test_what_is_is_found(page: Page, rule: str, unknown: list[list[str]], said: list[str]) -> None:
    assert faults(page, rule) == (unknown, said)
