"""Other filters, with their defaults: scikit-learn's pipelines, and the mail filters that are installed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

from bench.spam.daemons import Rspamd, SpamAssassin
from bench.spam.programs import Bogofilter, Crm, Program, Spamprobe
from bench.spam.sets import Example
from spam.evaluation import Scored

PROGRAMS: Final[dict[str, type[Program]]] = {
    "bogofilter": Bogofilter,
    "spamprobe": Spamprobe,
    "CRM114": Crm,
    "SpamAssassin": SpamAssassin,
    "rspamd": Rspamd,
}


def missing() -> list[str]:
    """Return the mail filters that are not measured because they are not installed."""
    return [name for name, made in PROGRAMS.items() if not made.installed()]


def pipelines() -> dict[str, Callable[[list[Example], list[Example]], list[Scored]]]:
    """Return what one writes in a line or two with scikit-learn."""
    both = make_union(TfidfVectorizer(ngram_range=(1, 2)), TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5)))
    made = {
        "TF-IDF, LinearSVC": make_pipeline(TfidfVectorizer(), LinearSVC(random_state=0)),
        "counts, MultinomialNB": make_pipeline(CountVectorizer(), MultinomialNB()),
        "TF-IDF words and grams, LinearSVC": make_pipeline(both, LinearSVC(random_state=0)),
    }
    return {name: _fitted(model) for name, model in made.items()}


def _fitted(model: Any) -> Callable[[list[Example], list[Example]], list[Scored]]:
    def judge(train: list[Example], test: list[Example]) -> list[Scored]:
        model.fit([text for text, _ in train], [spam for _, spam in train])
        return scored(model, [text for text, _ in test])

    return judge


def scored(model: Any, texts: Sequence[str]) -> list[Scored]:
    """Return a pipeline's scores, and whether it says spam."""
    if hasattr(model, "decision_function"):
        return [(float(each), bool(each > 0)) for each in model.decision_function(texts)]
    return [(float(ham_spam[1]), bool(ham_spam[1] > ham_spam[0])) for ham_spam in model.predict_log_proba(texts)]


def programs() -> dict[str, Callable[[list[Example], list[Example]], list[Scored]]]:
    """Return the mail filters that are installed."""
    return {name: _taught(made) for name, made in PROGRAMS.items() if made.installed()}


def _taught(made: type[Program]) -> Callable[[list[Example], list[Example]], list[Scored]]:
    def judge(train: list[Example], test: list[Example]) -> list[Scored]:
        with TemporaryDirectory(prefix="bench-") as folder, closing(made(Path(folder))) as program:
            for text, spam in train:
                program.learn(text, spam=spam)
            return [program.score(text) for text, _ in test]

    return judge


def online_programs() -> dict[str, Callable[[list[Example]], list[Scored]]]:
    """Return those among them that learn at once and quickly, to score each text and then learn it."""
    return {name: _streamed(made) for name, made in PROGRAMS.items() if made.at_once and made.installed()}


def _streamed(made: type[Program]) -> Callable[[list[Example]], list[Scored]]:
    def judge(stream: list[Example]) -> list[Scored]:
        found = []
        with TemporaryDirectory(prefix="bench-") as folder, closing(made(Path(folder))) as program:
            for text, spam in stream:
                found.append(program.score(text))
                program.learn(text, spam=spam)
        return found

    return judge
