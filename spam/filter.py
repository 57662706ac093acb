"""The filter: says how likely a text is spam, in plain Python and without scikit-learn."""

import math
from array import array
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from spam import features, modelfile
from spam.features import SIGN, Numbering, Reader, Reading
from spam.kinds import MARK

SHIPPED: Final = Path(__file__).with_name("prior.filter")
_REMEMBERED: Final = 20_000  # words: some 6 MB
_FLAT: Final = 700.0  # log-odds; beyond it `math.exp` may overflow
_TELLING: Final = (f"{MARK}link", f"{MARK}handle")

Weighed = tuple[float, float, int, int, int, int]  # what `_weighed` says of a word
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Verdict(StrEnum):
    """What a score means."""

    HAM = "ham"
    UNSURE = "unsure"
    SPAM = "spam"


@dataclass(frozen=True)
class Terms:
    """What a filter is besides its weights: its key, its lines, how much it has learnt from."""

    key: str  # hexadecimal; the features' numbers are made under it
    bias: float
    step: float  # a weight is this times a whole number of 16 bits
    unsure: float  # a score of at least this is unsure
    hold: float  # a score of at least this is spam
    ham: int  # texts learnt from
    spam: int
    few: int = 4  # a text of fewer words, and no link or handle, is at most unsure


class Filter:
    """Scores texts. To be fast it remembers words and chunks of text it has met.

    **Visitors' words stay in this process's memory**, at most 20,000 of each, until `forget` is
    called or they make room for others. Nothing of that memory is ever saved.
    """

    def __init__(self, terms: Terms, weights: "array[int]") -> None:
        """Take the terms and `features.SIZE` weights of 16 bits. They must not change later."""
        self.terms = terms
        self.weights = weights
        self._numbering = Numbering(bytes.fromhex(terms.key))
        self._reader = Reader()
        self._bias = terms.bias  # what `bias` was when texts were last scored
        self._words: dict[str, Weighed] = {}
        self._traits: dict[str, float] = {}

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a file. Raises `ModelFileError` if it is damaged, foreign or of another version."""
        return cls.from_bytes(modelfile.read(Path(path)))

    @classmethod
    def shipped(cls) -> Self:
        """Return the filter that comes with this package. A process reads it once, but what it meets is each one's."""
        return cls(*_shipped())

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a file's content. Raises `ModelFileError` as `load` does."""
        return cls(*_parts(data))

    def to_bytes(self) -> bytes:
        """Return what `save` writes: the same filter gives the same bytes, on any machine."""
        header: dict[str, Any] = {"features": features.VERSION, "views": features.VIEWS}
        return modelfile.pack({**header, "terms": asdict(self.terms)}, self.weights)

    def save(self, path: str | Path) -> None:
        """Write the filter's file, all or nothing."""
        modelfile.write(Path(path), self.to_bytes())

    def forget(self) -> None:
        """Drop every word remembered from texts that were scored."""
        self._reader.forget()
        self._words.clear()
        self._traits.clear()

    @property
    def hold(self) -> float:
        """The score from which on a text is spam."""
        return self.terms.hold

    @property
    def bias(self) -> float:
        """What the margin is before anything is read."""
        return self.terms.bias

    def score_many(self, texts: Sequence[str]) -> list[float]:
        """Return how likely each text is spam, 0 to 1. One too short to judge is never spam."""
        most = self._doubtful
        return [
            probability(margin) if judged else min(probability(margin), most) for margin, judged in self._judged(texts)
        ]

    def verdict(self, score: float) -> Verdict:
        """Say what a score means under this filter's lines."""
        if score >= self.hold:
            return Verdict.SPAM
        return Verdict.UNSURE if score >= min(self.terms.unsure, self._doubtful) else Verdict.HAM

    @property
    def _doubtful(self) -> float:
        """The most that a text too short to judge scores: unsure, even where all that is unsure is held."""
        return min((self.terms.unsure + self.hold) / 2, math.nextafter(self.hold, 0.0))

    def margins(self, texts: Sequence[str]) -> list[float]:
        """Return the log-odds of spam as the linear model gives them, of short texts too."""
        return [margin for margin, _ in self._judged(texts)]

    def explain(self, text: str) -> list[tuple[str, float]]:
        """Return what decided, undisguised, with its share of the log-odds, heaviest first.

        A word has its grams' share. What was masked is ``[phone]``, a pair ``two words``, a trait
        ``(shouted 2)``. With `bias` the shares add up to the text's margin.
        """
        words, signs, traits = self._reader.read(text)
        weighed = {word: self._weigh_word(word) for word in words + signs}
        pairs = {weighed[one][4] ^ weighed[other][5]: (one, other) for one, other in pairwise(words)}
        by_words = scale(len(weighed))
        by_grams = scale(sum(word[2] for word in weighed.values()))
        found = [(shown(w), by_words * v[0] + by_grams * v[1]) for w, v in weighed.items()]
        by_pairs = scale(len(pairs))
        found += [(" ".join(map(shown, p)), by_pairs * self._paired([weighed[w] for w in p])) for p in pairs.values()]
        found += [(f"({t})", scale(len(traits)) * self._weigh_trait(t)) for t in traits]
        shares = [(token, self.terms.step * weight) for token, weight in found if weight]
        return sorted(shares, key=lambda share: (-abs(share[1]), share[0]))

    def _judged(self, texts: Sequence[str]) -> list[tuple[float, bool]]:
        """Return each text's log-odds, and whether there is enough of it to hold it."""
        return [self._weigh(self._reader.read(text)) for text in texts]

    def _weigh(self, reading: Reading) -> tuple[float, bool]:
        """Do so for one: weights are whole numbers, so that sums do not depend on their order."""
        words, signs, traits = reading
        known, known_traits = self._words, self._traits
        in_order = [known.get(word) or self._weigh_word(word) for word in words]
        met = dict(zip(words, in_order, strict=True))
        for sign in signs:
            met[sign] = known.get(sign) or self._weigh_word(sign)
        grams = evidence = 0
        by_word = by_gram = by_trait = 0.0
        for weight, gram_weight, count, tells, _, _ in met.values():
            by_word += weight
            by_gram += gram_weight
            grams += count
            evidence += tells
        for trait in traits:
            weighed = known_traits.get(trait)
            by_trait += self._weigh_trait(trait) if weighed is None else weighed
        total = (
            by_word * scale(len(met)) + self._paired(in_order) + by_gram * scale(grams) + by_trait * scale(len(traits))
        )
        return self._bias + self.terms.step * total, evidence >= self.terms.few

    def _weigh_word(self, word: str) -> Weighed:
        return remember(self._words, word, self._weighed(word))

    def _weighed(self, word: str) -> Weighed:
        """Return a word's weight, its grams' weight, how many they are, how much it tells, and its sides in pairs."""
        grams = self._numbering.grams(word)
        tells = self.terms.few if word in _TELLING else int(word[0] != SIGN)
        number, first, second = self._numbering.word(word)
        return self.weights[number], sum([self.weights[gram] for gram in grams]), len(grams), tells, first, second

    def _paired(self, words: Sequence[Weighed]) -> float:
        """Return what the pairs of a text's words weigh together, scaled."""
        pairs = pairs_of(words)
        return scale(len(pairs)) * sum(map(self.weights.__getitem__, pairs))

    def _weigh_trait(self, trait: str) -> float:
        return remember(self._traits, trait, self.weights[self._numbering.trait(trait)])


def probability(margin: float) -> float:
    """Return what log-odds are as a number from 0 to 1."""
    return 1 / (1 + math.exp(-margin)) if margin > -_FLAT else 0.0


def pairs_of(words: Sequence[Weighed]) -> set[int]:
    """Return the distinct pairs of a text's words, as their sides make them."""
    return {one[4] ^ other[5] for one, other in pairwise(words)}


def scale(count: int) -> float:
    """Return what a view's sum is scaled by, so that a long text weighs no more than a short."""
    return 1 / math.sqrt(count) if count else 0.0


def shown(word: str) -> str:
    """Return a word as people may see it."""
    return f"[{word[1:]}]" if word[0] == MARK else word.lstrip(SIGN)


def remember(memory: dict[_Key, _Value], key: _Key, value: _Value) -> _Value:
    """Keep a value, after dropping all others where there are too many, and return it."""
    roomy(memory)[key] = value
    return value


def roomy(memory: dict[_Key, _Value]) -> dict[_Key, _Value]:
    """Return a memory with room for a text's worth: emptied where too much is in it."""
    if len(memory) >= _REMEMBERED:
        memory.clear()
    return memory


def _parts(data: bytes) -> "tuple[Terms, array[int]]":
    header, weights = modelfile.unpack(data)
    if header.get("features") != features.VERSION or len(weights) != features.SIZE:
        raise modelfile.ModelFileError(
            "the filter's file was made for other features than this program's; train it again",
        )
    try:
        return Terms(**header["terms"]), weights
    except (TypeError, ValueError, KeyError) as error:
        raise modelfile.ModelFileError(
            "the filter's file is damaged: its terms are not what they should be",
        ) from error


@cache
def _shipped() -> "tuple[Terms, array[int]]":
    return _parts(modelfile.read(SHIPPED))
