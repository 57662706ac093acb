"""What a retraining reports: how a filter does on labels it has not seen, beside the one in use. Numbers only.

Labels are held out by contact, so that nobody's texts are on both sides; which fold a contact is in hangs on nothing
but the contact. The same labels give the same report, in whatever order they come.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Any, Final, NamedTuple

from spam.evaluation import Scored, figures
from spam.filter import Filter
from spam.head import ScoringHead
from spam.marks import Label, Marks
from spam.retraining import fit_head, tail
from spam.taught import Taught

FOLDS: Final = 5
BINS: Final = 10
STRETCHES: Final = 8
POINTS: Final = 60  # of a curve, at most
WORST: Final = 10
MEASURED: Final = 10_000  # the latest texts: some 2 ms each
TARGETS: Final = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05)
_FLAT: Final = 30.0

TellShare = Callable[[float], None]


class Example(NamedTuple):
    """
    A labelled text: whose (anything that names the contact and no other), which, when, its features.

    One without its `text` teaches, and nothing is measured on it.
    """

    who: str
    ref: tuple[int, int]
    at: int
    text: str | None
    numbers: array[int]
    spam: bool


class Ground(NamedTuple):
    """What all of a report stands on: `given` teaches in every fold."""

    prior: Filter
    key: bytes
    in_use: ScoringHead
    held: float
    given: Sequence[Example]

    def fitted(self, seen: Iterable[Example]) -> Taught:
        """Return a filter that learnt these, with a head fitted to them."""
        marks = marks_of([*self.given, *seen])
        return Taught(self.prior, self.key, marks, fit_head(marks, held=self.held))

    def as_before(self, seen: Iterable[Example]) -> Taught:
        """Return a filter that learnt these, with the head in use."""
        return Taught(self.prior, self.key, marks_of([*self.given, *seen]), self.in_use)


class JudgedText(NamedTuple):
    """What a filter that had not seen a text said of it: the log-odds, and whether it would be held."""

    margin: float
    held: bool
    spam: bool


def marks_of(examples: Iterable[Example]) -> Marks:
    """Return the marks of labelled texts."""
    by_contact: dict[str, dict[tuple[int, int], Label]] = {}
    for each in examples:
        by_contact.setdefault(each.who, {})[each.ref] = Label(each.numbers, each.spam)
    made = Marks()
    for who in sorted(by_contact):
        made.put(who, by_contact[who])
    return made


def report(
    examples: Sequence[Example],
    prior: Filter,
    key: bytes,
    in_use: ScoringHead,
    held: float,
    tell: TellShare = lambda _: None,
) -> tuple[dict[str, Any], list[tuple[tuple[int, int], float]]]:
    """Return the figures, and the worst mistakes: which text, and the log-odds it was given."""
    everything = sorted(examples, key=lambda each: (each.at, each.who, each.ref))
    ordered = [each for each in everything if each.text is not None][-MEASURED:]
    ground = Ground(prior, key, in_use, held, [each for each in everything if each.text is None])
    candidate, before = _held_out(ordered, ground, tell)
    made: dict[str, Any] = {
        "labels": {
            "ham": sum(not each.spam for each in ordered),
            "spam": sum(each.spam for each in ordered),
            "contacts": len({each.who for each in ordered}),
        },
        "candidate": _figures(candidate),
        "in_use": _figures(before),
        "curves": {"candidate": _curves(candidate), "in_use": _curves(before)},
        "histogram": _histogram(candidate),
        "calibration": _calibration(candidate),
        "learning": _learning(ordered, ground, tell),
        "cost": _cost(candidate),
    }
    tell(1.0)
    return made, _mistakes(ordered, candidate)


def fold_of(who: str) -> int:
    """Return the fold a contact is held out in."""
    return sha256(who.encode()).digest()[0] % FOLDS


def _held_out(ordered: Sequence[Example], ground: Ground, tell: TellShare) -> tuple[list[JudgedText], list[JudgedText]]:
    """Judge every text by what was learnt from the contacts of the other folds, with a new head and the one in use."""
    new: dict[int, JudgedText] = {}
    old: dict[int, JudgedText] = {}
    for fold in range(FOLDS):
        tested = [at for at, each in enumerate(ordered) if fold_of(each.who) == fold]
        seen = [each for each in ordered if fold_of(each.who) != fold]
        texts = [ordered[at] for at in tested]
        new |= zip(tested, _judged(ground.fitted(seen), texts), strict=True)
        old |= zip(tested, _judged(ground.as_before(seen), texts), strict=True)
        tell(0.7 * (fold + 1) / FOLDS)
    return [new[at] for at in range(len(ordered))], [old[at] for at in range(len(ordered))]


def _judged(known: Taught, texts: Sequence[Example]) -> list[JudgedText]:
    said = [each.text or "" for each in texts]
    held = [known.verdict(score) == "spam" for score in known.score_many(said)]
    return [JudgedText(m, h, each.spam) for m, h, each in zip(known.margins(said), held, texts, strict=True)]


def _figures(judged: Sequence[JudgedText]) -> dict[str, Any] | None:
    """Return rates from 0 to 1 (None where they are undefined) and the table of hits and misses."""
    if not judged:
        return None
    scored: list[Scored] = [(each.margin, each.held) for each in judged]
    made = figures(scored, [each.spam for each in judged])
    caught = sum(each.held and each.spam for each in judged)
    blocked = sum(each.held and not each.spam for each in judged)
    return {
        "precision": round(caught / (caught + blocked), 5) if caught + blocked else None,
        "recall": made["spam_caught"],
        "ham_held": made["ham_blocked"],
        "mcc": made["mcc"],
        "auc": made["auc"],
        "caught_at": made["caught_at_fpr"],
        "calibration_error": _calibration_error(judged),
        "confusion": {
            "spam_held": caught,
            "spam_passed": made["spam"] - caught,
            "ham_held": blocked,
            "ham_passed": made["ham"] - blocked,
        },
    }


def _curves(judged: Sequence[JudgedText]) -> list[list[float]]:
    """Return points of decreasing line: share of ham above it, share of spam above it, precision there."""
    ham, spam = _margins(judged)
    if not ham or not spam:
        return []
    points = [[0.0, 0.0, 1.0]]
    for line in sorted({each.margin for each in judged}, reverse=True):
        above_ham, above_spam = len(ham) - bisect_left(ham, line), len(spam) - bisect_left(spam, line)
        precision = above_spam / (above_ham + above_spam)
        points.append([round(above_ham / len(ham), 5), round(above_spam / len(spam), 5), round(precision, 5)])
    step = max(1, math.ceil(len(points) / POINTS))
    return [*points[:-1:step], points[-1]]


def _histogram(judged: Sequence[JudgedText]) -> list[dict[str, float]]:
    """Return how many texts of each kind have a probability in each tenth."""
    made = [{"from": at / BINS, "ham": 0, "spam": 0} for at in range(BINS)]
    for each in judged:
        made[_bin(each)]["spam" if each.spam else "ham"] += 1
    return made


def _calibration(judged: Sequence[JudgedText]) -> list[dict[str, float]]:
    """Return for each tenth that has texts what was said of them on average, and how many were spam."""
    made = []
    for at in range(BINS):
        here = [each for each in judged if _bin(each) == at]
        if here:
            said = math.fsum(map(_probability, here)) / len(here)
            seen = sum(each.spam for each in here) / len(here)
            made.append({"said": round(said, 4), "seen": round(seen, 4), "texts": len(here)})
    return made


def _calibration_error(judged: Sequence[JudgedText]) -> float:
    off = math.fsum(each["texts"] * abs(each["said"] - each["seen"]) for each in _calibration(judged))
    return round(off / len(judged), 4)


def _learning(ordered: Sequence[Example], ground: Ground, tell: TellShare) -> list[dict[str, float | None]]:
    """Return for stretches of time how a filter did on each that had learnt from what was before, by others."""
    made: list[dict[str, float | None]] = []
    bounds = [round(at * len(ordered) / STRETCHES) for at in range(STRETCHES + 1)]
    for number, (start, end) in enumerate(pairwise(bounds)):
        part = ordered[start:end]
        if part:
            theirs = {each.who for each in part}
            seen = [each for each in ordered[:start] if each.who not in theirs]
            found = _figures(_judged(ground.fitted(seen), part)) or {}
            made.append(
                {"labels": start, "mcc": found["mcc"], "recall": found["recall"], "ham_held": found["ham_held"]}
            )
        tell(0.7 + 0.29 * (number + 1) / STRETCHES)
    return made


def _cost(judged: Sequence[JudgedText]) -> list[dict[str, float]]:
    """Return for each target what share of ham would be held, and of spam let through, were the line drawn for it."""
    ham, spam = _margins(judged)
    if not ham or not spam:
        return []
    made = []
    for target in TARGETS:
        line = tail(ham, target)
        held, through = len(ham) - bisect_left(ham, line), bisect_left(spam, line)
        rates = {"ham_held": round(held / len(ham), 5), "spam_through": round(through / len(spam), 5)}
        made.append({"target": target, **rates})
    return made


def _mistakes(ordered: Sequence[Example], judged: Sequence[JudgedText]) -> list[tuple[tuple[int, int], float]]:
    """Return the ham scored highest and the spam scored lowest."""
    both = list(zip(ordered, judged, strict=True))
    ham = sorted((p for p in both if not p[0].spam and p[1].margin > 0), key=lambda p: (-p[1].margin, p[0].ref))
    spam = sorted((p for p in both if p[0].spam and p[1].margin < 0), key=lambda p: (p[1].margin, p[0].ref))
    return [(each.ref, round(one.margin, 4)) for each, one in (*ham[:WORST], *spam[:WORST])]


def _margins(judged: Sequence[JudgedText]) -> tuple[list[float], list[float]]:
    ham, spam = (sorted(each.margin for each in judged if each.spam is kind) for kind in (False, True))
    return ham, spam


def _probability(each: JudgedText) -> float:
    return 1 / (1 + math.exp(-max(-_FLAT, min(each.margin, _FLAT))))


def _bin(each: JudgedText) -> int:
    return min(int(_probability(each) * BINS), BINS - 1)
