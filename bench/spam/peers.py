"""Other filters, with their defaults: scikit-learn's pipelines, and the mail filters that are on the path."""

from __future__ import annotations

import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from zlib import crc32

from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

from bench.spam.sets import Example
from spam.evaluation import Scored

NAMES: Final = ("bogofilter", "spamprobe", "crm", "spamassassin", "rspamd")
_HEADER: Final = """From: someone@example.com
To: us@example.com
Subject: chat
Date: Mon, 23 Nov 2026 12:00:00 +0000
Message-ID: <{}@example.com>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

"""


def missing() -> list[str]:
    """Return the mail filters that are not measured because they are not installed, or not driven here."""
    return [name for name in NAMES if name not in _PROGRAMS or shutil.which(name) is None]


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


class Program(ABC):
    """A mail filter with a folder of its own; it reads texts as the body of a constant mail."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @abstractmethod
    def learn(self, text: str, *, spam: bool) -> None:
        """Learn a text."""

    @abstractmethod
    def score(self, text: str) -> Scored:
        """Return a text's score, and whether the program's own line calls it spam."""

    def _run(self, *command: str, text: str) -> str:
        body = text.encode(errors="replace")
        mail = _HEADER.format(crc32(body)).encode() + body + b"\n"
        return subprocess.run([*command], input=mail, capture_output=True, check=False).stdout.decode(errors="replace")


class Bogofilter(Program):
    """bogofilter: its exit says what it thinks, its line how much."""

    def learn(self, text: str, *, spam: bool) -> None:
        """Register a text."""
        self._run("bogofilter", "-d", str(self._folder), "-s" if spam else "-n", text=text)

    def score(self, text: str) -> Scored:
        """Read `S 0.999999`."""
        kind, _, score = self._run("bogofilter", "-d", str(self._folder), "-T", text=text).partition(" ")
        return float(score or 0.5), kind == "S"


class Spamprobe(Program):
    """spamprobe."""

    def learn(self, text: str, *, spam: bool) -> None:
        """Register a text."""
        self._run("spamprobe", "-d", str(self._folder), "spam" if spam else "good", text=text)

    def score(self, text: str) -> Scored:
        """Read `SPAM 0.9999999 HASH`."""
        kind, score, *_ = self._run("spamprobe", "-d", str(self._folder), "score", text=text).split() or ["", "0.5"]
        return float(score), kind == "SPAM"


_PROGRAMS: Final[dict[str, type[Program]]] = {"bogofilter": Bogofilter, "spamprobe": Spamprobe}


def programs() -> dict[str, Callable[[list[Example], list[Example]], list[Scored]]]:
    """Return the mail filters that are installed."""
    return {name: _taught(made) for name, made in _PROGRAMS.items() if shutil.which(name)}


def _taught(made: type[Program]) -> Callable[[list[Example], list[Example]], list[Scored]]:
    def judge(train: list[Example], test: list[Example]) -> list[Scored]:
        with TemporaryDirectory(prefix="bench-") as folder:
            program = made(Path(folder))
            for text, spam in train:
                program.learn(text, spam=spam)
            return [program.score(text) for text, _ in test]

    return judge


def online_programs() -> dict[str, Callable[[list[Example]], list[Scored]]]:
    """Return the same, to score each text and then learn it."""
    return {name: _streamed(made) for name, made in _PROGRAMS.items() if shutil.which(name)}


def _streamed(made: type[Program]) -> Callable[[list[Example]], list[Scored]]:
    def judge(stream: list[Example]) -> list[Scored]:
        found = []
        with TemporaryDirectory(prefix="bench-") as folder:
            program = made(Path(folder))
            for text, spam in stream:
                found.append(program.score(text))
                program.learn(text, spam=spam)
        return found

    return judge
