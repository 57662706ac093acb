"""What scoring, learning, unlearning and retraining cost, in CPU time, beside a yardstick in the same run."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any, Final

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from bench.spam.sets import Example
from spam import Filter, Label, Taught
from spam.evaluation import begin
from spam.retraining import fit_head

BATCH: Final = 64
CONTACT: Final = 100  # labels
_REPEATS: Final = 7


def measured(examples: list[Example], labels: int) -> dict[str, float]:
    """Return the costs: microseconds a message, milliseconds a mark, seconds a retraining, bytes a file."""
    texts = [text for text, _ in examples]
    taught = _taught(examples)
    yard: Any = make_pipeline(TfidfVectorizer(), LinearSVC(random_state=0)).fit(texts, [spam for _, spam in examples])
    prior = Filter.shipped()
    found = {
        "prior, batch of 64, us a message": _each(prior.score_many, texts, BATCH),
        "prior, one message, us": _each(prior.score_many, texts, 1),
        f"taught by {len(examples)} marks, batch of 64, us a message": _each(taught.score_many, texts, BATCH),
        f"taught by {len(examples)} marks, one message, us": _each(taught.score_many, texts, 1),
        "TF-IDF LinearSVC (the yardstick), batch of 64, us a message": _each(yard.decision_function, texts, BATCH),
        "TF-IDF LinearSVC, one message, us": _each(yard.decision_function, texts[:300], 1),
        "learning a mark, ms": _learning(taught, texts),
        f"unlearning a contact of {CONTACT} labels, ms": _unlearning(taught, texts),
        "settling after that, ms": 1e3 * _cpu(taught.settle),
        f"fitting a head to {labels} labels, s": _retraining(examples, labels),
        "file of the shipped prior, bytes": len(prior.to_bytes()),
        f"file taught by {len(examples)} marks, bytes": len(taught.to_bytes()),
    }
    us, yardstick = "prior, batch of 64, us a message", "TF-IDF LinearSVC (the yardstick), batch of 64, us a message"
    return found | {"prior to yardstick, batch of 64": found[us] / found[yardstick]}


def _taught(examples: Sequence[Example]) -> Taught:
    known = begin(cold=False)
    for number, (text, spam) in enumerate(examples):
        known.learn(number, number, text, spam=spam)
    known.settle()
    return known


def _cpu(action: Callable[[], object]) -> float:
    began = time.process_time()
    action()
    return time.process_time() - began


def _each(score: Callable[[Sequence[str]], object], texts: Sequence[str], batch: int) -> float:
    """Return the microseconds a text costs: the median of several goes through all."""
    parts = [texts[at : at + batch] for at in range(0, len(texts), batch)]
    went = [_cpu(lambda: [score(part) for part in parts]) for _ in range(_REPEATS)]
    return 1e6 * median(went) / len(texts)


def _learning(known: Taught, texts: Sequence[str]) -> float:
    def learn() -> None:
        for at, text in enumerate(texts[:1000]):
            known.learn(("new", at), 10**6 + at, text, spam=True)

    spent = 1e3 * _cpu(learn) / 1000
    for at in range(1000):
        known.marks.forget(("new", at))
    return spent


def _unlearning(known: Taught, texts: Sequence[str]) -> float:
    for at in range(CONTACT):
        known.learn("loud", 2 * 10**6 + at, texts[at], spam=True)
    return 1e3 * _cpu(lambda: known.marks.forget("loud"))


def _retraining(examples: Sequence[Example], labels: int) -> float:
    """Return the seconds that a head takes to fit, with each text marked by many contacts."""
    known = begin(cold=False)
    kept = [Label(array("I", sorted(known.numbers(text))), spam) for text, spam in examples]
    for number in range(labels):
        known.marks.put(number, {number: kept[number % len(kept)]})
    return _cpu(lambda: fit_head(known.marks))
