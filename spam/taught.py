"""A filter that has learnt from marks, on top of a prior; with nothing learnt it is the prior, to the byte."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Final, Self

from spam import countsfile, features, modelfile
from spam.features import Numbering
from spam.filter import LONGEST, Filter, remember, shown
from spam.head import Head, Odds, prior_number, probability
from spam.marks import TEXTS, Marks, halves
from spam.reading import Reader, Reading
from spam.retraining import fit_head

_UNGUARDED: Final = 1.0  # log-odds: with no prior there is none to guard against that knows other kinds of text


class Taught(Filter):
    """
    A prior and the counts of marks. `key` hides what the counts are of, and is not in the file.

    What it learns is served by the next score; `settle` then draws the line, and weighs the counts, by the labels there
    are. A `head` that is given stays as it is. The words it has met are remembered as the prior's are.
    """

    def __init__(self, prior: Filter, key: bytes, marks: Marks | None = None, head: Head | None = None) -> None:
        super().__init__(prior.terms, prior.weights)
        self.prior, self.marks = prior, marks or Marks()
        self._given, self._settled = head, 0
        self.base = Head() if prior.terms.ham else Head(strict=_UNGUARDED)
        self.head = head or self.base
        self._odds = Odds(self.head.smoothing)
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
            found.use(Head.of(header["head"]))
        except (TypeError, ValueError, KeyError) as error:
            raise modelfile.ModelFileError("the filter's file is damaged: its head is not what it should be") from error
        return found, known

    @property
    def hold(self) -> float:
        """The score from which on a text is spam: the prior's, or, once something was learnt, the head's."""
        if self.marks.empty:
            return self.prior.hold
        line = -math.log(1 / self.prior.hold - 1)
        return probability(self.head.bound(self.marks.texts[0], line))

    def use(self, head: Head) -> None:
        """Score with a head from now on, and leave it as it is."""
        self._given = head
        self._serve(head)

    def aim(self, held: float) -> None:
        """Let the next `settle` draw the line so that at most this share of ham is held, 0 to 1."""
        self.base, self._settled = replace(self.base, held=held), -1

    def settle(self) -> None:
        """Fit the head to the labels there are, if they changed and none was given; some 0.1 ms a label."""
        changes = self.marks.changes
        if self._given is None and self._settled != changes:
            self._serve(fit_head(self.marks, self.base))
            self._settled = changes

    def forget(self) -> None:
        """Drop every word remembered from texts; what was learnt stays."""
        super().forget()
        self.prior.forget()
        self._met.clear()

    def to_bytes(self) -> bytes:
        """Settle; return the prior's bytes, and behind them what was learnt, if anything was."""
        self.settle()
        if self.marks.empty:
            return self.prior.to_bytes()
        header = {"features": features.VERSION, "key": self._fingerprint, "head": self.head.plain()}
        return self.prior.to_bytes() + countsfile.pack(header, self.marks.counts)

    def numbers(self, text: str) -> list[int]:
        """Return a text's distinct features under this filter's key, and the prior's word: all that is kept of it."""
        reading = Reader().read(text[:LONGEST])
        said = prior_number(super()._weigh(reading)[0])
        return [number for view in self._views(reading) for number in view] + [said]

    def learn(self, contact: Hashable, text_id: Hashable, text: str, *, spam: bool) -> None:
        """Learn whether a contact's text is spam; said again of the same text, the first word never was."""
        self.marks.learn(contact, text_id, self.numbers(text), spam=spam)

    def explain(self, text: str) -> list[tuple[str, float]]:
        """Return what decided, as the prior does; what was learnt of a word, its grams with it, is in its share."""
        shares = super().explain(text)
        if self.marks.empty:
            return shares
        both = {token: self.head.prior * weight for token, weight in shares}
        for token, weight in self._learnt_shares(self._reader.read(text[:LONGEST])):
            both[token] = both.get(token, 0.0) + weight
        return sorted(((token, each) for token, each in both.items() if each), key=lambda one: (-abs(one[1]), one[0]))

    def _serve(self, head: Head) -> None:
        self.head, self._odds = head, Odds(head.smoothing)

    def _weigh(self, reading: Reading) -> tuple[float, bool]:
        margin, judged = super()._weigh(reading)
        if self.marks.empty:
            return margin, judged
        counts, head, odds = self.marks.counts, self.head, self._odds
        ham, spam = halves(counts.get(TEXTS, 0))
        often = head.often(ham, spam)
        total = head.prior * margin + head.bias * head.reached(ham, spam)
        for weight, view in zip(head.weights, self._views(reading), strict=True):
            found = [counts.get(number, 0) for number in view]  # another thread may be learning
            total += weight * odds.of(found, often, len(view))
        return total, judged

    def _learnt_shares(self, reading: Reading) -> Iterator[tuple[str, float]]:
        """Say what the counts of each word, pair and trait add to the log-odds."""
        words = dict.fromkeys(reading.words + reading.signs)
        sizes = [len(view) or 1 for view in self._views(reading)]
        found = [(shown(word), 0, [self._meet(word)[0]]) for word in words]
        found += [(shown(word), 2, list(self._meet(word)[1])) for word in words]
        found += [(" ".join(map(shown, pair)), 1, [self._hidden.pair(pair)]) for pair in set(pairwise(reading.words))]
        found += [(f"({trait})", 3, [self._hidden.trait(trait)]) for trait in reading.traits]
        often = self.head.often(*self.marks.texts)
        for token, view, numbers in found:
            counts = [self.marks.counts.get(number, 0) for number in numbers]
            yield token, self.head.weights[view] * self._odds.of(counts, often, 1) / math.sqrt(sizes[view])

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
