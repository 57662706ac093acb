"""Measures a filter on labelled texts: rates from 0 to 1, and what a message costs."""

from __future__ import annotations

import math
import time
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from spam import features, labelled
from spam.filter import Filter, Terms
from spam.head import ScoringHead
from spam.taught import Taught

LEVELS: Final = (0.001, 0.002, 0.005)
BATCH: Final = 64
_SETTLE: Final = 20  # marks after which a stream's filter settles, or, when it has learnt many,
_GROWTH: Final = 0.05  # this share of them
LabelledText = tuple[str, bool]
Scored = tuple[float, bool]


def evaluate(path: Path, train: Path | None = None, *, online: bool = False, cold: bool = False) -> dict[str, Any]:
    """Measure on a file. Raises LabelledFileError with one line."""
    examples = labelled.read(path)
    known = begin(cold=cold) if train is None or online else trained(train, cold=cold)
    if online and train is not None:
        teach(known, labelled.for_training(train)[0])
    scored, spent = online_scores(known, examples) if online else scores(known, examples)
    return figures(scored, [spam for _, spam in examples]) | {"us_per_message": round(1e6 * spent / len(examples), 1)}


def begin(*, cold: bool, base: ScoringHead | None = None) -> Taught:
    """Return a filter that was taught nothing: the shipped prior, or (`cold`) one that knows nothing at all."""
    nothing = Filter(Terms("", 0.0, 1.0, 0.5, 0.5, 0, 0), array("h", bytes(2 * features.SIZE)))
    return Taught(nothing if cold else Filter.shipped(), b"evaluation", base=base)


def trained(path: Path, *, cold: bool) -> Filter:
    """Return a filter trained on a file: afresh (`cold`), or as marks on top of the prior."""
    examples, _ = labelled.for_training(path)
    if not cold:
        return teach(begin(cold=False), examples)
    from spam.training import fit  # noqa: PLC0415 - scikit-learn takes seconds to load

    try:
        return fit([text for text, _ in examples], [spam for _, spam in examples])
    except ValueError as error:
        raise labelled.LabelledFileError(f"{path.name}: {error}") from error


def teach(known: Filter, examples: Sequence[LabelledText]) -> Filter:
    """Let a filter learn examples, each as if from a contact of its own."""
    if isinstance(known, Taught):
        for number, (text, spam) in enumerate(examples):
            known.learn(("taught", number), number - len(examples), text, spam=spam)
        known.settle()
    return known


def scores(known: Filter, examples: Sequence[LabelledText]) -> tuple[list[Scored], float]:
    """Return each text's margin and whether it is held, and the CPU seconds that scoring took, in batches of 64."""
    scored: list[Scored] = []
    spent = 0.0
    for at in range(0, len(examples), BATCH):
        batch = [text for text, _ in examples[at : at + BATCH]]
        began = time.process_time()
        found = known.score_many(batch)
        spent += time.process_time() - began
        scored += zip(known.margins(batch), [known.verdict(score) == "spam" for score in found], strict=True)
    return scored, spent


def online_scores(known: Filter, examples: Sequence[LabelledText]) -> tuple[list[Scored], float]:
    """Score each text, then learn it, settling as the sweep would, and return the same as `scores`."""
    scored: list[Scored] = []
    spent, due = 0.0, 0
    for number, example in enumerate(examples):
        found, took = scores(known, [example])
        scored += found
        spent += took
        if isinstance(known, Taught):
            known.learn(number, number, example[0], spam=example[1])
            if number >= due:
                known.settle()
                due = number + max(_SETTLE, int(_GROWTH * number))
    return scored, spent


def figures(scored: Sequence[Scored], spam: Sequence[bool]) -> dict[str, Any]:
    """Return the rates of scores (the higher the more like spam) and of whether each text was held."""
    held = [each for _, each in scored]
    caught = sum(is_held and is_spam for is_held, is_spam in zip(held, spam, strict=True))
    blocked, of_spam = sum(held) - caught, sum(spam)
    of_ham = len(spam) - of_spam
    both = list(zip(scored, spam, strict=True))
    ham_scores, spam_scores = (sorted(s for (s, _), is_spam in both if is_spam is kind) for kind in (False, True))
    return {
        "n": len(spam),
        "spam": of_spam,
        "ham": of_ham,
        "spam_caught": _share(caught, of_spam),
        "ham_blocked": _share(blocked, of_ham),
        "mcc": _mcc(caught, blocked, of_spam - caught, of_ham - blocked),
        "auc": _auc(ham_scores, spam_scores),
        "caught_at_fpr": {str(level): _caught_at(ham_scores, spam_scores, level) for level in LEVELS},
    }


def _share(count: int, whole: int) -> float | None:
    return round(count / whole, 5) if whole else None


def _mcc(caught: int, blocked: int, missed: int, passed: int) -> float:
    """Return Matthews' correlation, 0 where it is undefined."""
    sides = (caught + blocked) * (caught + missed) * (passed + blocked) * (passed + missed)
    return round((caught * passed - blocked * missed) / math.sqrt(sides), 5) if sides else 0.0


def _auc(ham: Sequence[float], spam: Sequence[float]) -> float | None:
    """Return how often a spam scores above a ham, ties counting half. Both are sorted."""
    if not ham or not spam:
        return None
    wins, below, upto = 0.0, 0, 0
    for score in spam:
        while below < len(ham) and ham[below] < score:
            below += 1
        upto = max(upto, below)
        while upto < len(ham) and ham[upto] <= score:
            upto += 1
        wins += below + (upto - below) / 2
    return round(wins / (len(ham) * len(spam)), 6)


def _caught_at(ham: Sequence[float], spam: Sequence[float], level: float) -> float | None:
    """Return the share of spam above the line that at most `level` of the ham is above."""
    if not ham or not spam:
        return None
    line = ham[-1 - int(level * len(ham))]
    return round(sum(score > line for score in spam) / len(spam), 5)
