"""The labelled files a bench reads: whole, shuffled, cut, and without doubles."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Final

from spam import labelled

Example = tuple[str, bool]
TRAINED: Final = 0.3  # of the SMS Spam Collection: the share its authors trained on
FIRST_SEED: Final = 2026  # none of the splits made while the filter was being built
_ALIKE: Final = 0.8  # words two texts share, of all they have: near-doubles
_WORD: Final = re.compile(r"[^\W\d_]+")


def read(folder: Path, *names: str) -> list[Example]:
    """Return the texts of some files, in their order."""
    return [example for name in names for example in labelled.read(folder / f"{name}.tsv")]


def shuffled(examples: list[Example], seed: int) -> list[Example]:
    """Return the examples in another order."""
    return Random(seed).sample(examples, len(examples))


def orders(examples: list[Example], count: int) -> Iterator[list[Example]]:
    """Give the file's order, then shuffles."""
    for turn in range(count):
        yield shuffled(examples, FIRST_SEED + turn) if turn else examples


def cut(examples: list[Example]) -> tuple[list[Example], list[Example]]:
    """Return the first 30 % and the rest, as the paper cut them."""
    at = math.ceil(TRAINED * len(examples))
    return examples[:at], examples[at:]


def single(examples: list[Example]) -> list[Example]:
    """Return the examples without doubles and near-doubles of one that came before."""
    bags = [frozenset(_WORD.findall(text.casefold())) for text, _ in examples]
    common = Counter(word for bag in bags for word in bag)
    by_word: defaultdict[str, list[int]] = defaultdict(list)
    kept: list[int] = []
    for at, bag in enumerate(bags):
        rare = sorted(bag, key=lambda word: (common[word], word))[: len(bag) - math.ceil(_ALIKE * len(bag)) + 1]
        near = {other for word in rare or [""] for other in by_word[word]}
        if not any(_alike(bag, bags[other]) for other in near):
            kept.append(at)
            for word in rare or [""]:
                by_word[word].append(at)
    return [examples[at] for at in kept]


def _alike(bag: frozenset[str], other: frozenset[str]) -> bool:
    return len(bag & other) >= _ALIKE * len(bag | other)
