"""What the counts of marks are worth, as data: weights, a bias, and the line over which a text is held."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from spam import features
from spam.marks import halves

HELD: Final = 0.002  # the share of ham that may be held
_STEPS: Final = 4  # of the prior's margin: a label keeps it in quarters
_REMEMBERED: Final = 100_000  # counts
_EDGE: Final = 16  # log-odds; beyond it a margin says no more


@dataclass(frozen=True)
class ScoringHead:
    """Numbers alone, so that it can be kept, compared and put back: the default, or what `retraining.fit_head` gave."""

    weights: tuple[float, ...] = (0.5, 0.35, 0.35, 0.5)  # of each view's sum
    prior: float = 1.0  # of the prior's margin
    bias: float = -4.0  # reached as marks come in
    smoothing: float = 0.2
    doubt: float = 5.0  # texts of each kind that are imagined; else the first mark would say too much
    enough: int = 200  # marks of ham; below, a text is held only where its margin reaches `strict`
    strict: float = 4.0
    held: float = HELD  # the share of ham that may be held: what `line` was drawn for
    line: float | None = None  # log-odds from which on a text is held; none was drawn yet

    @classmethod
    def of(cls, said: dict[str, Any]) -> Self:
        """Return the head that `asdict` made this of. Raises TypeError or ValueError where it is none."""
        found = cls(**{**said, "weights": tuple(said["weights"])})
        numbers = [*found.weights, found.prior, found.bias, found.smoothing, found.doubt, found.enough, found.strict]
        numbers += [found.held] if found.line is None else [found.held, found.line]
        if len(found.weights) != len(features.VIEWS) or not all(map(math.isfinite, numbers)):
            raise ValueError("a head has one weight a view, and finite numbers")
        return found

    def plain(self) -> dict[str, Any]:
        """Return the head as JSON knows it."""
        return asdict(self) | {"weights": list(self.weights)}

    def reached(self, ham: int, spam: int) -> float:
        """Return the share of the bias that so many marks have earned, 0 to 1."""
        return (ham + spam) / (ham + spam + 20 * self.doubt)

    def often(self, ham: int, spam: int) -> float:
        """Return the log-odds of spam before anything is read."""
        return math.log((spam + self.doubt) / (ham + self.doubt))

    def bound(self, ham: int, prior_line: float) -> float:
        """Return the log-odds from which on a text is held, with so many marks of ham."""
        if ham < self.enough or self.line is None:
            return max(prior_line, self.strict)
        return max(0.0, self.line)


class Odds(dict[int, float]):
    """What each count says: the log of how much more spam than ham it holds. Few differ, so they are remembered."""

    def __init__(self, smoothing: float) -> None:
        super().__init__()
        self._smoothing = smoothing

    def __missing__(self, count: int) -> float:
        ham, spam = halves(count)
        said = math.log((spam + self._smoothing) / (ham + self._smoothing))
        if len(self) < _REMEMBERED:
            self[count] = said
        return said

    def of(self, counts: Iterable[int], often: float, features_: int) -> float:
        """Return what a view's counts say together, over the root of how many features the text has there."""
        known = [self[count] for count in counts if count]
        return (sum(known) - often * len(known)) / math.sqrt(features_ or 1)


class Says(dict[int, float]):
    """What each count of a single feature adds to its view's sum, in the prior's steps, or nothing for none."""

    def __init__(self, weight: float, odds: Odds, often: float, step: float) -> None:
        super().__init__({0: 0.0})
        self._weight, self._odds, self._often, self._step = weight, odds, often, step

    def __missing__(self, count: int) -> float:
        said = self._weight * (self._odds[count] - self._often) / self._step
        if len(self) < _REMEMBERED:
            self[count] = said
        return said


def prior_number(margin: float) -> int:
    """Return the number that tells a prior's margin among a label's numbers."""
    return features.SIZE + round(_STEPS * (max(-_EDGE, min(_EDGE, margin)) + _EDGE))


def prior_margin(number: int) -> float:
    """Return the margin that such a number tells."""
    return (number - features.SIZE) / _STEPS - _EDGE
