"""A filter that has learnt from marks, on top of a prior. With nothing learnt it is the prior, to the byte."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import repeat
from operator import xor
from pathlib import Path
from typing import Final, Self

from spam import countsfile, features, modelfile
from spam.features import Numbering, Reader, Reading
from spam.filter import Filter, Weighed, pairs_of, probability, remember, scale
from spam.head import Odds, Says, ScoringHead, prior_number
from spam.marks import Marks
from spam.retraining import fit_head

_Met = tuple[int, int, int, tuple[int, ...]]  # a word's number, its sides in pairs, its grams' numbers
_SIDE: Final = 32  # bits
_PRIOR_SIDE: Final = (1 << _SIDE) - 1
_UNGUARDED: Final = 1.0  # log-odds: with no prior there is none to guard against that knows other kinds of text


class Taught(Filter):
    """
    A prior and the counts of marks. `key` hides what the counts are of, and is not in the file.

    What it learns is served by the next score. `settle` then draws the line, and weighs the counts, by the labels there
    are, starting from `base`. A `head` that is given stays as it is. Words are remembered as the prior remembers them.
    """

    def __init__(
        self,
        prior: Filter,
        key: bytes,
        marks: Marks | None = None,
        head: ScoringHead | None = None,
        base: ScoringHead | None = None,
    ) -> None:
        super().__init__(prior.terms, prior.weights)
        self.prior, self.marks = prior, marks or Marks()
        self._given, self._settled = head, 0
        self.base = base or (ScoringHead() if prior.terms.ham else ScoringHead(strict=_UNGUARDED))
        self.head = head or self.base
        self._odds = Odds(self.head.smoothing)
        self._often = 0.0
        self._pair_says: Mapping[int, float] = {}
        self._served: tuple[int, ScoringHead] | None = None
        self._hidden = Numbering(sha256(key).digest())
        self._met: dict[str, _Met] = {}
        self._fingerprint = sha256(b"fingerprint" + key).hexdigest()[:16]

    @classmethod
    def read(cls, path: Path, key: bytes) -> tuple[Self, dict[int, int]]:
        """Return the filter of a file, with nothing learnt yet, and the counts it holds. Raises ModelFileError."""
        first, counts = countsfile.split(modelfile.read(path))
        found = cls(Filter.from_bytes(first), key)
        if not counts:
            return found, {}
        header, known = countsfile.unpack(counts)
        if header.get("features") != features.VERSION or header.get("key") != found._fingerprint:
            raise modelfile.ModelFileError("the filter's counts were made for other features, or under another key")
        try:
            found.use(ScoringHead.of(header["head"]))
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

    @property
    def bias(self) -> float:
        """What the margin is before anything is read."""
        known = self.head.prior * self.prior.bias + self.head.bias * self.head.reached(*self.marks.texts)
        return self.prior.bias if self.marks.empty else known

    def use(self, head: ScoringHead) -> None:
        """Score with a head from now on, and leave it as it is."""
        self._given = head
        self._serve(head)

    def aim(self, held: float) -> None:
        """Let the next `settle` draw the line so that at most this share of ham is held, 0 to 1."""
        self.base, self._settled = replace(self.base, held=held), -1

    def settle(self) -> None:
        """Fit the head to the labels there are, if they changed and none was given. It takes some 0.1 ms a label."""
        changes = self.marks.changes
        if self._given is None and self._settled != changes:
            self._serve(fit_head(self.marks, self.base))
            self._settled = changes

    def forget(self) -> None:
        """Drop every word remembered from texts. The counts of the marks stay."""
        super().forget()
        self.prior.forget()
        self._met.clear()

    def to_bytes(self) -> bytes:
        """Settle, and return the prior's bytes, and behind them what was learnt, if anything was."""
        self.settle()
        if self.marks.empty:
            return self.prior.to_bytes()
        header = {"features": features.VERSION, "key": self._fingerprint, "head": self.head.plain()}
        return self.prior.to_bytes() + countsfile.pack(header, self.marks.counts)

    def numbers(self, text: str) -> list[int]:
        """Return a text's distinct features under this filter's key, and the prior's word: all that is kept of it."""
        views = self._views(Reader().read(text))
        return [number for view in views for number in view] + [prior_number(self.prior.margins([text])[0])]

    def learn(self, contact: Hashable, text_id: Hashable, text: str, *, spam: bool) -> None:
        """Learn whether a contact's text is spam. Said again of the same text, the last word alone counts."""
        self.marks.learn(contact, text_id, self.numbers(text), spam=spam)

    def explain(self, text: str) -> list[tuple[str, float]]:
        """Return what decided, as the prior does, with the marks' counts in it."""
        self._renew()
        return super().explain(text)

    def _serve(self, head: ScoringHead) -> None:
        self.head, self._odds = head, Odds(head.smoothing)

    def _judged(self, texts: Sequence[str]) -> list[tuple[float, bool]]:
        self._renew()
        return super()._judged(texts)

    def _renew(self) -> None:
        """Drop what is remembered of words if it was said by other counts."""
        served = (self.marks.changes, self.head)
        if self._served != served:
            super().forget()
            self._served, self._often, self._bias = served, self.head.often(*self.marks.texts), self.bias
            self._pair_says = Says(self.head.weights[1], self._odds, self._often, self.terms.step)

    def _weighed(self, word: str) -> Weighed:
        """Return what the prior does, with what was learnt. The sides under this filter's key are above the prior's."""
        weight, grams, count, tells, first, second = super()._weighed(word)
        number, its_first, its_second, its_grams = self._met.get(word) or self._meet(word)
        if not self.marks.empty:
            weight, grams = self._with(weight, 0, [number]), self._with(grams, 2, its_grams)
        return weight, grams, count, tells, its_first << _SIDE | first, its_second << _SIDE | second

    def _paired(self, words: Sequence[Weighed]) -> float:
        pairs, weights = pairs_of(words), self.weights
        known: float = sum([weights[pair & _PRIOR_SIDE] for pair in pairs])
        if not self.marks.empty:
            counts = map(self.marks.counts.get, [pair >> _SIDE for pair in pairs], repeat(0))
            known = self.head.prior * known + sum(map(self._pair_says.__getitem__, counts))
        return scale(len(pairs)) * known

    def _weigh_trait(self, trait: str) -> float:
        weight = super()._weigh_trait(trait)
        number = [] if self.marks.empty else [self._hidden.trait(trait)]
        return remember(self._traits, trait, self._with(weight, 3, number)) if number else weight

    def _with(self, weight: float, view: int, numbers: Iterable[int]) -> float:
        """Return the prior's weight and what was learnt, in the prior's steps, so that one sum does for both."""
        counts = [self.marks.counts.get(number, 0) for number in numbers]  # another thread may be learning
        learnt = self.head.weights[view] * self._odds.of(counts, self._often, 1)
        return self.head.prior * weight + learnt / self.terms.step

    def _views(self, reading: Reading) -> list[list[int]]:
        """Return a text's distinct features, view by view."""
        met = {word: self._met.get(word) or self._meet(word) for word in reading.words + reading.signs}
        grams = {gram: None for *_, its_grams in met.values() for gram in its_grams}
        in_order = [met[word] for word in reading.words]
        pairs = set(map(xor, [word[1] for word in in_order], [word[2] for word in in_order[1:]]))
        traits = dict.fromkeys(map(self._hidden.trait, reading.traits))
        return [[word[0] for word in met.values()], list(pairs), list(grams), list(traits)]

    def _meet(self, word: str) -> _Met:
        """Number a word, its sides and its grams, and remember them."""
        return remember(self._met, word, (*self._hidden.word(word), tuple(self._hidden.grams(word))))
