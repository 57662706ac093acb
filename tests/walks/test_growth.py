"""The scripts' regular expressions and links in a real browser: twice the length of a text is twice the work."""

from typing import Any

import pytest
from playwright.sync_api import Page

from bench.hostile.texts import Hostile, hostile, pointed
from tests import patterns
from tests.chance import dice
from tests.patterns import ROOT

TEXTS = 200
GROWS = """
const CHEAP = 4, MOST = 2.6, TRIES = 10;
const took = (work, text) => {
  const began = performance.now();
  work(text);
  return performance.now() - began;
};
// As in tests/growth.py: looked at again and again, for other work can only make it worse.
const compared = (work, half, whole) => {
  let less = Infinity, more = Infinity;
  for (let n = 0; n < TRIES; n++) {
    [less, more] = [Math.min(less, took(work, half)), Math.min(more, took(work, whole))];
    if (more <= Math.max(CHEAP, MOST * less)) return null;
  }
  return { less, more, length: whole.length };
};
window.grows = (work, { before, unit, after }, most) => {
  const textOf = (length) => before + unit.repeat(Math.ceil(length / unit.length)) + after;
  const lengths = [];
  for (let length = 64; length <= most; length *= 2) lengths.push(length);
  for (const length of [8, 12, 16, 20]) if (compared(work, "", textOf(length))) return { length };
  for (const length of lengths) {
    const [half, whole, twice] = [length / 2, length, 2 * length].map(textOf);
    if (took(work, whole) > CHEAP && compared(work, half, whole) && compared(work, whole, twice)) return { length };
  }
  return null;
};
window.dearest = (work, texts, most = 16384) => {
  for (const text of texts) {
    const grown = grows(work, text, most);
    if (grown) return { text, grown };
  }
  return null;
};
window.pattern = (source, flags) => {
  const found = new RegExp(source, flags);
  return (text) => found.global ? [...text.matchAll(found)].length : found.test(text);
};
"""


@pytest.fixture
def growing(scripts: Page) -> Page:
    """A page of scripts that can tell how their work grows."""
    scripts.evaluate(GROWS)
    return scripts


def texts(own: str, count: int = TEXTS) -> list[dict[str, str]]:
    """Return texts at random for a pattern made of these characters."""
    chance = dice(own)
    return [_plain(pointed(chance, own) if number % 4 else hostile(chance, own)) for number in range(count)]


def _plain(text: Hostile) -> dict[str, str]:
    said = {"before": text.before, "unit": text.unit, "after": text.after}
    return {name: value.replace("\ud800", "") or "a" for name, value in said.items()}


def pattern_grows(page: Page, source: str, flags: str, count: int = TEXTS) -> Any:
    """Return the text on which a pattern costs too much, and how much."""
    return page.evaluate(
        "([source, flags, texts]) => dearest(pattern(source, flags), texts)",
        [source, flags, texts("".join(sorted(set(source))), count)],
    )


def test_no_pattern_of_the_scripts_costs_more_than_its_texts_length(growing: Page) -> None:
    found = patterns.of_javascript("static", "widget")
    assert {each.place.partition(":")[0] for each in found} >= {
        "static/common/addresses.js",
        "static/links.js",
        "static/route.js",
    }
    for each in found:
        assert pattern_grows(growing, each.source, each.flags) is None, each


def test_no_script_makes_patterns_where_they_cannot_be_seen() -> None:
    for path in [*(ROOT / "static").rglob("*.js"), *(ROOT / "widget").rglob("*.js")]:
        assert "RegExp(" not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize(
    ("source", "flags"),
    [(r"[.,;:!?…)\]}]+$", "u"), (r"\w+@", "u"), (r"(\w+\s?)*$", "")],
    ids=["marks", "address", "words"],
)
def test_the_control_a_pattern_that_costs_a_square_is_caught(growing: Page, source: str, flags: str) -> None:
    assert pattern_grows(growing, source, flags, 4 * TEXTS) is not None


@pytest.mark.parametrize("folder", ["static", "widget"])
def test_no_text_costs_more_than_its_length_to_make_links_of(growing: Page, folder: str) -> None:
    said = texts("https://.!)(") + [
        {"before": "https://a.example/", "unit": mark, "after": "é"} for mark in ".!?)]}…('"
    ]
    made = "async ([folder, texts]) => dearest((await import(`/${folder}/links.js`)).linked, texts, 8192)"
    assert growing.evaluate(made, [folder, said]) is None


@pytest.mark.parametrize("folder", ["static", "widget"])
def test_closing_marks_are_left_out_of_a_link(growing: Page, folder: str) -> None:
    shown = growing.evaluate(
        """async (folder) => {
          const { linked } = await import(`/${folder}/links.js`);
          document.body.replaceChildren(...linked("see https://a.example/x?!). Then (https://b.example/y)…"));
          return [...document.querySelectorAll("a")].map((each) => each.href);
        }""",
        folder,
    )
    assert shown == ["https://a.example/x", "https://b.example/y"]
