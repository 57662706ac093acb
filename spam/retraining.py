"""
Fits a head to the labels kept: what each view's counts are worth, and over which line a text is held.

A function of the labels alone, whatever their history: they are gone through in one order, each is judged by the counts
without its contact's, and one contact is heard as often as it counts. Plain Python, so that any process can do it.
Text ids must sort, and later texts should sort behind earlier ones.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from operator import mul
from typing import Any, Final, NamedTuple

from spam import features
from spam.filter import probability
from spam.head import Odds, ScoringHead, prior_margin
from spam.marks import HAM, MOST, SPAM, TEXTS, Label, Marks, halves, share

LATEST: Final = 10_000  # labels of a kind that are gone through, the latest
_LEAST: Final = 5  # labels of each kind, below which weights stay what they are by default
_TRUST: Final = 10.0  # how hard the weights are held to the default ones, and the bias
_BIAS_TRUST: Final = 0.1
_WINDOW: Final = 200  # of the latest ham, by which a change of what people write is noticed
_USUAL: Final = 0.005  # of all ham, over a line of its own, whatever share the head's is for
_CHANCE: Final = 1  # of the latest over that line: what happens by chance
TAIL: Final = 0.05
_RAREST: Final = 1e-5  # the least share of ham that a line is drawn for
_ROUNDS: Final = 30
_HALVINGS: Final = 20
_CLOSE: Final = 1e-9  # of the loss
_DIGITS: Final = 6


class JudgedLabel(NamedTuple):
    """A label without its contact: what the counts of all others say of it, view by view, and the prior's margin."""

    spam: bool
    sums: tuple[float, ...]
    prior: float


def fit_head(marks: Marks, base: ScoringHead | None = None, *, held: float | None = None) -> ScoringHead:
    """
    Return the head that the labels ask for. `base` says how counts are smoothed and when there are enough.

    `held` is the share of ham that may be held, by default `base`'s. With too few labels it is `base` without a line.
    """
    base = base or ScoringHead()
    base = replace(base, line=None, held=base.held if held is None else held)
    judged = list(_judged(marks, base))
    head = _weighed(judged, base, marks.texts)
    ham = [_margin(head, marks.texts, each) for each in judged if not each.spam]
    return replace(head, line=round(_drawn(ham, head), _DIGITS)) if len(ham) >= head.enough else head


def margins(marks: Marks, head: ScoringHead) -> list[tuple[float, bool]]:
    """Return each label's margin by the counts of all other contacts, and whether it is spam, in the order of texts."""
    return [(_margin(head, marks.texts, each), each.spam) for each in _judged(marks, head)]


def tail(ham: Sequence[float], held: float, part: float = TAIL, sure: float = 0.0) -> float:
    """
    Return the margin that the share `held` of such ham reaches, `sure` standard errors further out.

    Read off the exponential tail of the highest `part`, because so far out single texts would decide, whose mean is
    known to one in the root of how many they are. A share larger than that is read off the margins themselves.
    """
    above = sorted(ham, reverse=True)
    if held >= part:
        return above[min(int(held * len(above)), len(above) - 1)]
    most = max(1, int(part * len(above)))
    start = above[min(most, len(above) - 1)]
    excess = sum(each - start for each in above[:most]) / most
    return start + excess * (1 + sure / math.sqrt(most)) * math.log(part / max(held, _RAREST))


def _drawn(ham: Sequence[float], head: ScoringHead) -> float:
    """
    Return the line for ham's margins, oldest first.

    Where more of the latest ham is over a line for all of it than by chance, people write of something else now, and
    the stricter bound serves until they no longer do.
    """
    line, usual = tail(ham, head.held), tail(ham, _USUAL)
    changed = sum(each >= usual for each in ham[-_WINDOW:]) > _CHANCE
    return max(line, head.strict) if changed else line


def _judged(marks: Marks, head: ScoringHead) -> Iterator[JudgedLabel]:
    """Judge the labels that count, oldest text first."""
    odds = Odds(head.smoothing)
    for contact, label in _kept(marks):
        own = share(marks.of(contact).values()) if len(marks.of(contact)) > 1 else None
        yield _without(label, own, marks.counts, odds, head)


def _kept(marks: Marks) -> list[tuple[Hashable, Label]]:
    """Return the labels to go through: of a contact the first few of a kind, of all the latest, in one order."""
    found: list[tuple[Any, Hashable, Label]] = []
    for contact, labels in marks.everybody():
        for kind in (False, True):
            of_kind = sorted((text, label) for text, label in labels.items() if label.spam is kind)
            found += [(text, contact, label) for text, label in of_kind[:MOST]]
    found.sort(key=lambda each: (each[0], each[2]))
    late = [each for kind in (False, True) for each in [one for one in found if one[2].spam is kind][-LATEST:]]
    late.sort(key=lambda each: (each[0], each[2]))
    return [(contact, label) for _, contact, label in late]


def _without(
    label: Label, own: Counter[int] | None, counts: dict[int, int], odds: Odds, head: ScoringHead
) -> JudgedLabel:
    """Judge a label by the counts less its contact's `own`, or less its own where it is the contact's only one."""
    numbers, one = label.numbers, SPAM if label.spam else HAM
    ham, spam = halves(counts.get(TEXTS, 0) - (own[TEXTS] if own else one))
    often, found, start = head.often(ham, spam), [], 0
    for view in range(len(features.VIEWS)):
        end = bisect_left(numbers, (view + 1) << features.BITS, start)
        these = numbers[start:end]
        if own is None:
            left = [counts.get(number, one) - one for number in these]
        else:
            left = [counts.get(number, own[number]) - own[number] for number in these]
        found.append(odds.of(left, often, end - start))
        start = end
    return JudgedLabel(label.spam, tuple(found), prior_margin(numbers[start]) if start < len(numbers) else 0.0)


def _margin(head: ScoringHead, texts: tuple[int, int], judged: JudgedLabel) -> float:
    said = sum([weight * each for weight, each in zip(head.weights, judged.sums, strict=True)])
    return head.prior * judged.prior + head.bias * head.reached(*texts) + said


def _weighed(judged: Sequence[JudgedLabel], base: ScoringHead, texts: tuple[int, int]) -> ScoringHead:
    """Return the head with weights by logistic regression, held to the base's as to what is known beforehand."""
    of_spam = sum(each.spam for each in judged)
    if min(of_spam, len(judged) - of_spam) < _LEAST:
        return base
    reached = base.reached(*texts)
    rows = [(*each.sums, each.prior, reached) for each in judged]
    start = [*base.weights, base.prior, base.bias]
    trust = [_TRUST] * (len(start) - 1) + [_BIAS_TRUST]
    # Rounded, since a head that is fitted again is compared with this one to the byte.
    found = [round(each, _DIGITS) for each in _logistic(rows, [each.spam for each in judged], start, trust)]
    *weights, prior, bias = found
    return replace(base, weights=tuple(weights), prior=prior, bias=bias)


def _logistic(rows: list[tuple[float, ...]], spam: list[bool], start: list[float], trust: list[float]) -> list[float]:
    """Return the most likely weights where each is known beforehand to be about `start` (Newton's method, damped)."""
    found = list(start)
    loss = _loss(rows, spam, found, start, trust)
    for _ in range(_ROUNDS):
        step = _solved(*_bends(rows, spam, found, start, trust))
        for _ in range(_HALVINGS):
            tried = [here - by for here, by in zip(found, step, strict=True)]
            if (new := _loss(rows, spam, tried, start, trust)) <= loss:
                break
            step = [by / 2 for by in step]
        else:
            break
        found, better, loss = tried, loss - new, new
        if better < _CLOSE:
            break
    return found


def _loss(
    rows: list[tuple[float, ...]], spam: list[bool], found: list[float], start: list[float], trust: list[float]
) -> float:
    """Return how badly weights fit, and how far they are from the start."""
    far = sum([hold * (here - first) ** 2 / 2 for hold, here, first in zip(trust, found, start, strict=True)])
    margins_ = [sum(map(mul, row, found)) for row in rows]
    return far + sum([_softplus(-each if is_spam else each) for each, is_spam in zip(margins_, spam, strict=True)])


def _bends(
    rows: list[tuple[float, ...]], spam: list[bool], found: list[float], start: list[float], trust: list[float]
) -> tuple[list[list[float]], list[float]]:
    """Return the second derivatives of the loss, their lower half, and the first."""
    size = range(len(start))
    slope = [hold * (here - first) for hold, here, first in zip(trust, found, start, strict=True)]
    curve = [[trust[i] if i == j else 0.0 for j in range(i + 1)] for i in size]
    for row, is_spam in zip(rows, spam, strict=True):
        likely = probability(sum(map(mul, row, found)))
        miss, bend = likely - is_spam, likely * (1 - likely)
        for i in size:
            slope[i] += miss * row[i]
            bent, line = bend * row[i], curve[i]
            for j in range(i + 1):
                line[j] += bent * row[j]
    return curve, slope


def _softplus(margin: float) -> float:
    return max(margin, 0.0) + math.log1p(math.exp(-abs(margin)))


def _solved(curve: list[list[float]], slope: list[float]) -> list[float]:
    """Solve for a step: `curve` is symmetric and positive, its lower half is given (Cholesky)."""
    size = len(slope)
    root = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            rest = curve[i][j] - sum(root[i][k] * root[j][k] for k in range(j))
            root[i][j] = math.sqrt(rest) if i == j else rest / root[j][j]
    half: list[float] = []
    for i in range(size):
        half.append((slope[i] - sum(root[i][k] * half[k] for k in range(i))) / root[i][i])
    step = [0.0] * size
    for i in reversed(range(size)):
        step[i] = (half[i] - sum(root[k][i] * step[k] for k in range(i + 1, size))) / root[i][i]
    return step
