"""Scores each text, then learns it: streams of one kind, and of one kind after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from bench.spam import peers, sets
from bench.spam.figures import Row, calibration_error, row
from bench.spam.sets import Example
from spam import Taught, evaluation
from spam.evaluation import Scored

SETTLING: Final = 200  # texts of a stretch, before which nothing is promised
_REFIT: Final = 1.05
Stream = Callable[[list[Example]], list[Scored]]


def ours(stream: list[Example]) -> list[Scored]:
    """Begin with nothing, as `lethe spam evaluate --online --cold` does."""
    return evaluation.online_scores(evaluation.begin(cold=True), stream)[0]


def support_vectors(stream: list[Example]) -> list[Scored]:
    """TF-IDF and LinearSVC, fitted anew each time the stream has grown by a twentieth."""
    model: Any = None
    found: list[Scored] = []
    due = 10
    for at, (text, _) in enumerate(stream):
        seen = stream[:at]
        if at >= due and len({spam for _, spam in seen}) > 1:
            model = make_pipeline(TfidfVectorizer(), LinearSVC(random_state=0))
            model.fit([each for each, _ in seen], [spam for _, spam in seen])
            due = int(at * _REFIT) + 1
        found += peers.scored(model, [text]) if model else [(0.0, False)]
    return found


def measured(examples: list[Example], judges: dict[str, Stream], count: int) -> dict[str, list[Row]]:
    """Return the figures over the file's order and shuffles, and the calibration error after the first fifth."""
    found: dict[str, list[Row]] = {name: [] for name in judges}
    for stream in sets.orders(examples, count):
        spam, late = [each for _, each in stream], len(stream) // 5
        for name, judge in judges.items():
            scored = judge(stream)
            found[name].append(row(scored, spam) | {"ece": calibration_error(scored[late:], spam[late:])})
    return found


@dataclass(frozen=True)
class Stretch:
    """One kind of text in a stream: how much ham there was, and how much of it was held; of spam, how much caught."""

    name: str
    early_ham: int
    early_held: int
    ham: int
    held: int
    spam: int
    caught: int


def stretches(kinds: Sequence[tuple[str, list[Example]]], known: Taught, settle: int) -> list[Stretch]:
    """Stream one kind of text after another through a filter that settles every so many texts."""
    found = []
    at = 0
    for name, examples in kinds:
        held = []
        for text, spam in examples:
            held.append(known.verdict(known.score_many([text])[0]) == "spam")
            known.learn(at, at, text, spam=spam)
            at += 1
            if at % settle == 0:
                known.settle()
        found.append(_stretch(name, [spam for _, spam in examples], held))
    return found


def _stretch(name: str, spam: Sequence[bool], held: Sequence[bool]) -> Stretch:
    both = list(zip(spam, held, strict=True))
    early = [is_held for is_spam, is_held in both[:SETTLING] if not is_spam]
    late = [is_held for is_spam, is_held in both[SETTLING:] if not is_spam]
    caught = [is_held for is_spam, is_held in both if is_spam]
    return Stretch(name, len(early), sum(early), len(late), sum(late), len(caught), sum(caught))
