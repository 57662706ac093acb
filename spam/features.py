"""Turns what was read into numbered features, by keyed hashes: four views of a text.

*words* (signs among them), *pairs* of neighbouring words, *grams* (four letters in a row within a
word, its edges counted as blanks) of each distinct word, and *traits*. Each view has its own range
of numbers, and a number tells nothing of its word but to who tries words under the key.
"""

from hashlib import blake2b
from itertools import pairwise
from typing import Final

from spam.reading import Reading

VERSION: Final = 3  # of all between a text and its numbers; a file of another version is refused
BITS: Final = 18  # the features of one view are spread over 2**BITS numbers
VIEWS: Final = ("words", "pairs", "grams", "traits")
SIZE: Final = len(VIEWS) << BITS
_MASK: Final = (1 << BITS) - 1
_GRAM: Final = 4


class Numbering:
    """Gives each feature its number, 0 to `SIZE` - 1, under a key of at most 64 bytes."""

    def __init__(self, key: bytes) -> None:
        self._keyed = blake2b(key=key, digest_size=8)

    def _hash(self, feature: str) -> int:
        keyed = self._keyed.copy()
        keyed.update(feature.encode())
        return int.from_bytes(keyed.digest(), "little")

    def _number(self, view: int, feature: str) -> int:
        return view << BITS | self._hash(feature) & _MASK

    def word(self, word: str) -> tuple[int, int, int]:
        """Return the number of a word or sign and its sides; the first of one ^ the second of another: their pair."""
        found = self._hash(word)
        return found & _MASK, 1 << BITS | found >> BITS & _MASK, found >> 2 * BITS & _MASK

    def grams(self, word: str) -> list[int]:
        """Return the numbers of a word's grams. A kind or a sign has none."""
        if word[0] < " ":
            return []
        edged = f" {word} "
        return [self._number(2, edged[at : at + _GRAM]) for at in range(max(1, len(word) - 1))]

    def trait(self, trait: str) -> int:
        """Return a trait's number."""
        return self._number(3, trait)

    def views(self, reading: Reading) -> list[list[int]]:
        """Return a text's features, one list a view, the plain way: for training.

        In *grams* a number stands once for each distinct word it is in.
        """
        words = {word: self.word(word) for word in reading.words + reading.signs}
        return [
            [number for number, _, _ in words.values()],
            list({words[one][1] ^ words[other][2] for one, other in pairwise(reading.words)}),
            [gram for word in words for gram in self.grams(word)],
            [self.trait(trait) for trait in reading.traits],
        ]
