"""Turns what was read into numbered features, by keyed hashes: four views of a text.

*words* (signs among them), *pairs* of neighbouring words, *grams* (four letters in a row within a
word, its edges counted as blanks) of each distinct word, and *traits*. Each view has its own range
of numbers, and a number tells nothing of its word but to who tries words under the key.
"""

from hashlib import blake2b
from itertools import pairwise
from typing import Final

from spam.reading import Reading

VERSION: Final = 2  # of all between a text and its numbers; a file of another version is refused
BITS: Final = 18  # the features of one view are spread over 2**BITS numbers
VIEWS: Final = ("words", "pairs", "grams", "traits")
SIZE: Final = len(VIEWS) << BITS
_MASK: Final = (1 << BITS) - 1
_GRAM: Final = 4


class Numbering:
    """Gives each feature its number, 0 to `SIZE` - 1, under a key of at most 64 bytes."""

    def __init__(self, key: bytes) -> None:
        self._keyed = blake2b(key=key, digest_size=4)

    def _number(self, view: int, feature: str) -> int:
        keyed = self._keyed.copy()
        keyed.update(feature.encode())
        return view << BITS | int.from_bytes(keyed.digest(), "little") & _MASK

    def word(self, word: str) -> int:
        """Return a word's number, or a sign's."""
        return self._number(0, word)

    def pair(self, pair: tuple[str, str]) -> int:
        """Return the number of two neighbouring words."""
        keyed = self._keyed.copy()  # as `_number` does: most pairs are new, so this is what scoring waits for
        keyed.update(f"{pair[0]} {pair[1]}".encode())
        return 1 << BITS | int.from_bytes(keyed.digest(), "little") & _MASK

    @staticmethod
    def pair_of(first: int, second: int) -> int:
        """Return a number for two neighbouring words by theirs: what `pair` is for, at a tenth of its price."""
        return 1 << BITS | (first * 0x9E3779B1 + second * 0x85EBCA77 >> 16) & _MASK

    def grams(self, word: str) -> list[int]:
        """Return the numbers of a word's grams; a kind or a sign has none."""
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
        words = dict.fromkeys(reading.words + reading.signs)
        return [
            [self.word(word) for word in words],
            [self.pair(pair) for pair in dict.fromkeys(pairwise(reading.words))],
            [gram for word in words for gram in self.grams(word)],
            [self.trait(trait) for trait in reading.traits],
        ]
