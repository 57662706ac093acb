"""A filter that has learnt from marks, on top of a prior; with nothing learnt it is the prior, to the byte."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import asdict, dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Final, Self

from spam import countsfile, features, modelfile
from spam.features import Numbering
from spam.filter import Filter, remember
from spam.marks import SPAM, TEXTS, Marks, halves
from spam.reading import Reader, Reading

_LONGEST: Final = 10_000


@dataclass(frozen=True)
class Head:
    """What the counts are worth: a weight for each view, and how counts are smoothed."""

    weights: tuple[float, ...] = (0.5, 0.35, 0.35, 0.5)
    bias: float = -4.0  # reached as marks come in
    smoothing: float = 0.1
    doubt: float = 10.0  # texts of each kind that are imagined; else the first mark would say too much
    enough: int = 200  # ham marks; below, a text is held only where its margin is over `strict`
    strict: float = 4.0


class Taught(Filter):
    """
    A prior and the counts of marks. `key` hides what the counts are of, and is not in the file.

    What it learns is served by the next score. The words it has met are remembered as the prior's are.
    """

    def __init__(self, prior: Filter, key: bytes, marks: Marks | None = None, head: Head | None = None) -> None:
        super().__init__(prior.terms, prior.weights)
        self.prior, self.head, self.marks = prior, head or Head(), marks or Marks()
        self._hidden = Numbering(sha256(key).digest())
        self._met: dict[str, tuple[int, tuple[int, ...]]] = {}
        self._fingerprint = sha256(b"fingerprint" + key).hexdigest()[:16]

    @classmethod
    def read(cls, path: Path, key: bytes) -> tuple[Self, dict[int, int]]:
        """Return the filter of a file, with nothing learnt yet, and the counts it holds; raises ModelFileError."""
        first, counts = countsfile.split(modelfile.read(path))
        found = cls(Filter.from_bytes(first), key)
        if not counts:
            return found, {}
        header, known = countsfile.unpack(counts)
        if header.get("features") != features.VERSION or header.get("key") != found._fingerprint:
            raise modelfile.ModelFileError("the filter's counts were made for other features, or under another key")
        try:
            said = header["head"]
            found.head = Head(**{**said, "weights": tuple(said["weights"])})
        except (TypeError, KeyError) as error:
            raise modelfile.ModelFileError("the filter's file is damaged: its head is not what it should be") from error
        return found, known

    def forget(self) -> None:
        """Drop every word remembered from texts; what was learnt stays."""
        super().forget()
        self._met.clear()

    def to_bytes(self) -> bytes:
        """Return the prior's bytes, and behind them what was learnt, if anything was."""
        if self.marks.empty:
            return self.prior.to_bytes()
        header = {"features": features.VERSION, "key": self._fingerprint, "head": asdict(self.head)}
        return self.prior.to_bytes() + countsfile.pack(header, self.marks.counts)

    def numbers(self, text: str) -> list[int]:
        """Return a text's distinct features under this filter's key: what is learnt, and kept, of it."""
        return [number for view in self._views(Reader().read(text[:_LONGEST])) for number in view]

    def learn(self, contact: Hashable, text_id: Hashable, text: str, *, spam: bool) -> None:
        """Learn whether a contact's text is spam; said again of the same text, the first word never was."""
        self.marks.learn(contact, text_id, self.numbers(text), spam=spam)

    def _margin(self, text: str) -> tuple[float, bool]:
        margin, judged = super()._margin(text)
        return (margin, judged) if self.marks.empty else (margin + self._learnt(text), judged)

    def _score(self, text: str) -> float:
        """Until there are enough marks of ham, hold only what is beyond the stricter line."""
        score = super()._score(text)
        few = not self.marks.empty and self.marks.texts[0] < self.head.enough
        held = max(self.terms.hold, 1 / (1 + math.exp(-self.head.strict)))
        return min(score, (self.terms.unsure + self.terms.hold) / 2) if few and score < held else score

    def _learnt(self, text: str) -> float:
        """Return the log-odds of spam that the counts speak for."""
        counts, head = self.marks.counts, self.head
        ham, spam = halves(counts.get(TEXTS, 0))
        often = math.log((spam + head.doubt) / (ham + head.doubt))
        total = head.bias * (ham + spam) / (ham + spam + 10 * head.doubt)
        for weight, view in zip(head.weights, self._views(self._reader.read(text[:_LONGEST])), strict=True):
            known = [count for number in view if (count := counts.get(number))]  # another thread may be learning
            odds = sum(_odds(count, head.smoothing) - often for count in known)
            total += weight * odds / math.sqrt(len(view) or 1)
        return total

    def _views(self, reading: Reading) -> list[list[int]]:
        """Return a text's distinct features, view by view."""
        met, hidden = self._met, self._hidden
        words: dict[int, None] = {}
        grams: dict[int, None] = {}
        for word in dict.fromkeys(reading.words + reading.signs):
            number, its_grams = met.get(word) or self._meet(word)
            words[number] = None
            grams.update(dict.fromkeys(its_grams))
        pairs = dict.fromkeys(hidden.pair(pair) for pair in dict.fromkeys(pairwise(reading.words)))
        return [list(words), list(pairs), list(grams), list(dict.fromkeys(map(hidden.trait, reading.traits)))]

    def _meet(self, word: str) -> tuple[int, tuple[int, ...]]:
        """Number a word and its grams, and remember them."""
        return remember(self._met, word, (self._hidden.word(word), tuple(self._hidden.grams(word))))


def _odds(count: int, smoothing: float) -> float:
    spam, ham = divmod(count, SPAM)
    return math.log((spam + smoothing) / (ham + smoothing))
