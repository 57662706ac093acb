"""
CVE-2021-29471 (Synapse), CVE-2021-41115 (Zulip): a pattern, one's own or an admin's, that takes for ever on some text.

Nobody can give this server a pattern; its own are tried on 64 KB, or on as much as the filter reads.
"""

import random
import re
from functools import cache

import pytest

from bench.hostile.texts import pointed
from spam.features import LONGEST
from tests import patterns
from tests.chance import dice
from tests.growth import cpu, grows
from tests.patterns import Found

SHARE = 8
"""So many times what it costs to match nothing at each place of the same text."""
LENGTH = 65_536
PATTERNS = patterns.of_python("spam", "chat")
TEXTS = 10


def dearest(found: Found, chance: random.Random, texts: int = TEXTS, longest: int = LENGTH) -> float:
    """Return the most CPU seconds that a pattern takes for a text of the length it may meet."""
    own, length = "".join(sorted(set(str(found.pattern.pattern)))), longest
    if found.place.startswith("spam/"):
        length = LONGEST
    length = found.longest or length
    said = [pointed(chance, own).of(length) for _ in range(texts)]
    return max(min(cpu(work, text) for _ in range(3)) for work in found.work() for text in said)


@cache
def nothing() -> float:
    """Return the CPU seconds of matching nothing at each place of a text, on this machine: what others are held to."""
    found = re.compile("x?").finditer
    return min(cpu(lambda text: sum(1 for _ in found(text)), "y" * LENGTH) for _ in range(5))


@pytest.mark.parametrize("found", PATTERNS, ids=[f"{number} {each.place}" for number, each in enumerate(PATTERNS)])
def test_no_pattern_takes_longer_than_its_share(found: Found) -> None:
    assert dearest(found, dice(found.place)) < SHARE * nothing()


def test_the_control_a_pattern_that_takes_a_square_is_caught() -> None:
    square = Found("chat/control.py:1", re.compile(r",+$"), frozenset({"search"}))
    assert dearest(square, random.Random(1), TEXTS, LENGTH // 4) > SHARE * nothing()
    endless = re.compile(r"(\w+\s?)*$")
    assert grows(endless.match, lambda length: "w" * length + "!") is not None


def test_patterns_are_made_from_the_source_alone() -> None:
    """`tests.patterns` works out every pattern from its module's constants: one that holds what came in would fail."""
    assert len(PATTERNS) > 30


def test_each_pattern_is_distinguished_from_the_others_and_both_modules_are_read() -> None:
    assert len({each.place for each in PATTERNS}) == len(PATTERNS)
    assert any(each.place.startswith("chat/core/texts.py") for each in PATTERNS), "what `regex` compiles is read too"
