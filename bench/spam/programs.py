"""Mail filters that are started anew for each text: bogofilter, spamprobe and CRM114."""

from __future__ import annotations

import re
import shutil
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Final
from zlib import crc32

from spam.evaluation import Scored

_HEADER: Final = """From: someone@example.com
To: us@example.com
Subject: chat
Date: Mon, 23 Nov 2026 12:00:00 +0000
Message-ID: <{}@example.com>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

"""


class Program(ABC):
    """A mail filter with a folder of its own; it reads texts as the body of a constant mail."""

    binary: ClassVar[str]
    at_once = False  # it is quick enough to score and learn in turn

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def installed(cls) -> bool:
        """Whether the program is on the path."""
        return shutil.which(cls.binary) is not None

    def close(self) -> None:  # noqa: B027 - most have nothing that runs on
        """End what was started."""

    @abstractmethod
    def learn(self, text: str, *, spam: bool) -> None:
        """Learn a text."""

    @abstractmethod
    def score(self, text: str) -> Scored:
        """Return a text's score, and whether the program's own line calls it spam."""

    def _run(self, *command: str, text: str) -> str:
        ended = subprocess.run([*command], input=mail(text), capture_output=True, check=False, cwd=self._folder)
        return ended.stdout.decode(errors="replace")


def mail(text: str) -> bytes:
    """Return a text as the body of the constant mail."""
    body = text.encode(errors="replace")
    return _HEADER.format(crc32(body)).encode() + body + b"\n"


class Bogofilter(Program):
    """bogofilter: its exit says what it thinks, its line how much."""

    binary = "bogofilter"
    at_once = True

    def learn(self, text: str, *, spam: bool) -> None:
        """Register a text."""
        self._run("bogofilter", "-d", str(self._folder), "-s" if spam else "-n", text=text)

    def score(self, text: str) -> Scored:
        """Read `S 0.999999`."""
        kind, _, score = self._run("bogofilter", "-d", str(self._folder), "-T", text=text).partition(" ")
        return float(score or 0.5), kind == "S"


class Spamprobe(Program):
    """spamprobe."""

    binary = "spamprobe"
    at_once = True

    def learn(self, text: str, *, spam: bool) -> None:
        """Register a text."""
        self._run("spamprobe", "-d", str(self._folder), "spam" if spam else "good", text=text)

    def score(self, text: str) -> Scored:
        """Read `SPAM 0.9999999 HASH`."""
        kind, score, *_ = self._run("spamprobe", "-d", str(self._folder), "score", text=text).split() or ["", "0.5"]
        return float(score), kind == "SPAM"


class Crm(Program):
    """CRM114's orthogonal sparse bigrams, trained as its mail filter is: only on what it is wrong or not sure of."""

    binary = "crm"
    _THICK: Final = 10.0  # of its own measure: less is not sure
    _LEARN: Final = "-{ learn <osb unique microgroom> (%s.css) /[[:graph:]]+/ }"
    _SCORE: Final = (
        "-{ isolate (:said:) // { classify <osb unique> (spam.css | ham.css) (:said:) /[[:graph:]]+/ } "
        "output /:*:said:/ }"
    )
    _MEASURE: Final = re.compile(r"#0 \(spam\.css\).*pR:\s*(-?[\d.]+)")

    def learn(self, text: str, *, spam: bool) -> None:
        """Learn a text where it is needed."""
        said = self.score(text)[0]
        if (said if spam else -said) < self._THICK:
            self._run("crm", self._LEARN % ("spam" if spam else "ham"), text=text)

    def score(self, text: str) -> Scored:
        """Read the measure of spam; none where one of the files is not there yet."""
        found = self._MEASURE.search(self._run("crm", self._SCORE, text=text))
        measure = float(found[1]) if found else 0.0
        return measure, measure > 0
