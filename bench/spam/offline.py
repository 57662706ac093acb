"""Trains on one part of a file and scores the rest: the SMS Spam Collection's protocol, no prior."""

from __future__ import annotations

from collections.abc import Callable

from bench.spam import peers, sets
from bench.spam.figures import Row, row
from bench.spam.sets import Example
from spam import evaluation
from spam.evaluation import Scored
from spam.training import fit

Judge = Callable[[list[Example], list[Example]], list[Scored]]


def ours(train: list[Example], test: list[Example]) -> list[Scored]:
    """Train on one part alone, with the default share of ham held, and score the other."""
    known = fit([text for text, _ in train], [spam for _, spam in train])
    return evaluation.scores(known, test)[0]


def once(judge: Judge, train: list[Example], test: list[Example]) -> Row:
    """Return the figures of one split."""
    return row(judge(train, test), [spam for _, spam in test])


def random_splits(examples: list[Example], judges: dict[str, Judge], count: int) -> dict[str, list[Row]]:
    """Return the figures of random 30/70 splits."""
    found: dict[str, list[Row]] = {name: [] for name in judges}
    for turn in range(count):
        parts = sets.cut(sets.shuffled(examples, sets.FIRST_SEED + turn))
        for name, judge in judges.items():
            found[name].append(once(judge, *parts))
    return found


def first_split(examples: list[Example], judges: dict[str, Judge]) -> dict[str, list[Row]]:
    """Return the figures of the paper's split: the first 30 % of the file."""
    return {name: [once(judge, *sets.cut(examples))] for name, judge in judges.items()}


def judges(*, programs: bool) -> dict[str, Judge]:
    """Return this filter, scikit-learn's, and the programs that are installed."""
    return {"this filter": ours, **peers.pipelines(), **(peers.programs() if programs else {})}
