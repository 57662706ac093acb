"""Claims about what a text costs: twice the length is twice the work, in every pattern and in all that reads."""

import random
import re
from functools import partial

import pytest

from bench.hostile.scoring import scored, taught
from bench.hostile.texts import Hostile, hostile, pointed, varied
from spam import Filter, Taught, disguise, features
from spam.features import LONGEST, Reader
from tests import patterns
from tests.chance import WHOLE, dice
from tests.growth import Grown, cpu, grows
from tests.patterns import Found

PATTERNS = patterns.of_python("spam", "chat")
MANY, FEW = 400, 40
TRIES = MANY if WHOLE else MANY // 4
"""Texts that each pattern meets in one run, which are others in the next."""
SHARE = 3.0
"""Times the CPU of a long ordinary text that a text of any length may cost the filter."""
_LETTERS = r"(?:(?=(?:.*[a-z]){3})|(?=[a-z]|0[a-z]{2}))"
WERE_SQUARES = {
    "a word of two scripts": (r"\w*(?:[A-Za-z][^\W\d_A-Za-z]|[^\W\d_A-Za-z][A-Za-z])\w*", "findall"),
    "leet and its end": (
        rf"(?!.*\d{{3}})(?!\w{{3,}}@\w{{3}}){_LETTERS}(?=.*[0134578@$!|][a-z])[a-z0134578@$!|]+[.,:;?!\"')]*",
        "fullmatch",
    ),
    "marks at the end": (r"[.,;:!?…)\]}]+$", "search"),
    "letters and maybe a blank": (r"(\w+\s?)*$", "match"),
    "blanks on both sides": (r"\s*,\s*$", "search"),
}


def tried(found: Found, chance: random.Random, many: int) -> tuple[Hostile, Grown] | None:
    """Return a text on which the pattern costs too much, and how much."""
    own = "".join(sorted(set(str(found.pattern.pattern))))
    for _ in range(many):
        text = pointed(chance, own) if chance.random() < 3 / 4 else hostile(chance, own)
        for work in found.work():
            if grown := grows(work, text.of, found.longest or 4096):
                return text, grown
    return None


@pytest.mark.parametrize("found", PATTERNS, ids=[f"{number} {each.place}" for number, each in enumerate(PATTERNS)])
def test_no_pattern_costs_more_than_its_texts_length(found: Found) -> None:
    assert tried(found, dice(found.place), TRIES) is None


@pytest.mark.parametrize("name", WERE_SQUARES)
def test_the_control_a_pattern_that_costs_a_square_is_caught(name: str) -> None:
    source, way = WERE_SQUARES[name]
    found = Found(name, re.compile(source), frozenset({way}))
    assert tried(found, random.Random(3), 4 * MANY) is not None


def test_the_mended_patterns_find_what_they_found() -> None:
    chance = dice("the same")
    mixed, leeted = (re.compile(WERE_SQUARES[name][0]) for name in ("a word of two scripts", "leet and its end"))
    for _ in range(20_000):
        text = hostile(chance, "ab!?.13@αж").of(chance.randint(1, 12))
        assert disguise._MIXED.findall(text) == mixed.findall(text), text
        assert bool(features._LEETED.fullmatch(text)) is bool(leeted.fullmatch(text)), text


def read_grows(chance: random.Random, many: int) -> tuple[Hostile, Grown] | None:
    """Return a text that costs too much to read where all of it is read, and how much."""
    for _ in range(many):
        text = hostile(chance)
        if grown := grows(Reader().read, text.of):
            return text, grown
    return None


def test_no_text_costs_more_to_read_than_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "LONGEST", 1_000_000)
    assert read_grows(dice("reading"), 4 * FEW) is None


def test_the_control_a_square_in_the_reading_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "LONGEST", 1_000_000)
    monkeypatch.setattr(disguise, "_MIXED", re.compile(WERE_SQUARES["a word of two scripts"][0]))
    assert read_grows(random.Random(2), 4 * FEW) is not None


@pytest.fixture(scope="module")
def filters() -> list[Filter]:
    """The shipped filter, and one that has learnt on top of it: it does more for each word."""
    shipped, known = Filter.shipped(), Taught(Filter.shipped(), b"key")
    for number in range(20):
        known.learn(
            number, number, f"where is order {number}" if number % 2 else f"win {number} now", spam=bool(number % 2)
        )
    return [shipped, known]


def times_ordinary(known: Filter, text: str, chance: random.Random) -> float:
    """Return how many times the CPU of an ordinary text, as long as is read and of new words, a text costs."""
    less = more = float("inf")
    for _ in range(FEW):  # by turns, for what else the machine does to count alike in both
        words = ("".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(LONGEST // 7))
        less = min(less, cpu(partial(scored_afresh, known), " ".join(words)))
        more = min(more, cpu(partial(scored_afresh, known), text))
    return more / less


def dearest(known: Filter, chance: random.Random, many: int) -> float:
    """Return so for the dearest of many texts that hold as much as a message may."""
    texts = [hostile(chance).of(10_000) if number % 2 else varied(chance, 10_000) for number in range(many)]
    work = partial(scored_afresh, known)
    return times_ordinary(known, max(texts, key=lambda text: min(cpu(work, text) for _ in range(2))), chance)


def scored_afresh(known: Filter, text: str) -> None:
    known.forget()
    known.score_many([text])


def test_a_hundredth_of_the_bench_finds_no_text_over_its_share() -> None:
    known, chance = taught(), dice("a hundredth")
    *_, found = scored(known, chance, 1_000)
    assert found.texts == 1_000
    assert times_ordinary(known, found.text, chance) < SHARE, ascii(found.text[:80])


def test_no_text_costs_the_filter_more_than_its_share(filters: list[Filter]) -> None:
    for known in filters:
        assert dearest(known, dice("scoring"), 2 * FEW) < SHARE


def test_the_control_without_a_longest_text_one_costs_more(
    filters: list[Filter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "LONGEST", 1_000_000)
    for known in filters:
        assert dearest(known, random.Random(4), FEW // 4) > SHARE


def test_the_control_where_all_words_count_a_text_of_many_costs_more(
    filters: list[Filter], monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(4)
    many = ["".join(chr(chance.randrange(0x4E00, 0x9FFF)) for _ in range(LONGEST)) for _ in range(FEW // 4)]

    def least() -> float:
        return min(cpu(partial(scored_afresh, filters[1]), text) for text in many)

    some = least()
    monkeypatch.setattr(features, "MOST", LONGEST)
    assert least() > 1.5 * some


def test_what_stands_behind_the_longest_text_is_not_read(filters: list[Filter]) -> None:
    chance = dice("behind")
    for known in filters:
        for _ in range(FEW):
            text = hostile(chance).of(LONGEST)
            assert known.score_many([text[:LONGEST]]) == known.score_many([text[:LONGEST] + varied(chance, 500)])
