"""
Reads a text as a filter should, undisguised, private things masked, cut into words, and turns that into numbered
features, by keyed hashes: four views of a text.

A word that begins with `MARK` did not stand in the text but says what did: a kind (a phone number) in place of the
thing itself. One that begins with `SIGN` is punctuation or the shape of a number. No text can forge either, for control
characters are read as blanks.

*words* (signs among them), *pairs* of neighbouring words, *grams* (four letters in a row within a word, its edges
counted as blanks) of each distinct word, and *traits*. Each view has its own range of numbers, and a number tells
nothing of its word but to who tries words under the key.
"""

from __future__ import annotations

import re
from collections import Counter
from hashlib import blake2b
from itertools import pairwise
from typing import Final, NamedTuple

from spam.disguise import LEET, undisguise
from spam.kinds import MARK, mask, unnamed, unnumbered

SIGN: Final = "\x02"
LONGEST: Final = 2_000  # characters of a text that are read; what stands behind hardly counts, and would cost
MOST: Final = 600  # words, and as many signs; where each character is a word, 2,000 of them would cost 30 ms
PIECE: Final = 24  # letters; longer words are cut, so that none is costly to take apart or remember
_REMEMBERED: Final = 20_000  # chunks, each of at most 48 characters: some 8 MB
_CHUNK: Final = 48
_BARE = re.compile(r"[0-9\W]{1,12}")  # of these only the shape counts: too short for a card's number
_ZEROS: Final = dict.fromkeys(map(ord, "123456789"), "0")
_SPACED: Final = 3  # single letters in a row that are taken for one spaced word

_WORD = re.compile(
    rf"{MARK}\w+"
    r"|[\u3040-\u30ff\u3400-\u9fff]"  # no blanks there: each character is a word
    r"|[^\W\u3040-\u30ff\u3400-\u9fff]+(?:'[^\W\d_]+)?"
)
_DIGIT = re.compile(r"\d")
_SPACED_NUMBER = re.compile(r"(?<!\S)[+(]{0,2}\d[\d().-]{0,20}(?: [\d().-]{0,20}\d){1,9}(?!\w)")
_SPACED_WORD = re.compile(r"(?<!\S)(?:\S ){2,}\S(?!\S)")
_DOTTED = re.compile(r"(?<!\w)[^\W\d_](?:[._*-][^\W\d_]){2,}(?!\w)")
_LEET_SIGN = r"[0134578@$!|]"
_LEETED = re.compile(  # but a code, or an address, is not a word in disguise
    r"(?!.*\d{3})(?!\w{3,}@\w{3})(?:(?=(?:.*[a-z]){3})|(?=[a-z]|0[a-z]{2}))"
    # What ends it begins with no "!", which may be a letter too: one way to read each text, so no square of its length.
    rf"(?=.*{_LEET_SIGN}[a-z])(?:[a-z]|{_LEET_SIGN})+(?:[.,:;?\"')][.,:;?!\"')]*)?"
)
_NO_NUMBER = re.compile("0[a-z]{2}")
_LEET_END = re.compile(rf"[a-z]{{4,}}{_LEET_SIGN}[.,:;?\"')]*")
_REPEATED = re.compile(r"(\w)\1{2,}")
_SIGNS = re.compile(r"[^\w\s]{1,4}")
_NUMERIC = re.compile(r"[^\w\s@]*\d(?=.{0,11}$)(?:[\d.,:/+%-]*[^\W\d_]{0,3}){0,2}[^\w\s@]*")


class Reading(NamedTuple):
    """What is in a text: its `words` in order, its `signs`, and `traits` like ``shouted 2``."""

    words: list[str]
    signs: list[str]
    traits: list[str]


class Reader:
    """Reads texts, and remembers the words it has met, at most `_REMEMBERED`, until it forgets."""

    def __init__(self) -> None:
        self._met: dict[str, Reading] = {}

    def forget(self) -> None:
        """Drop every word met so far."""
        self._met.clear()

    def read(self, text: str) -> Reading:
        """
        Return what is in any text's first `LONGEST` characters, of its words and signs the first `MOST`: empty ones,
        unpaired surrogates and control characters too.
        """
        words: list[str] = []
        signs: list[str] = []
        traits: list[str] = []
        text = text[:LONGEST]
        if not (text.isascii() and text.isprintable()):
            text = undisguise(text, traits)[:LONGEST]  # one character may be eighteen without its style
        if _DIGIT.search(text):
            text, accounts = unnumbered(text)
            words += [f"{MARK}account"] * accounts
            text = _SPACED_NUMBER.sub(lambda number: number[0].replace(" ", ""), text)
        text, names = unnamed(text)
        words += [f"{MARK}name"] * names
        chunks, known = text.split(), self._met
        for chunk in chunks:
            its_words, its_signs, its_traits = known.get(chunk) or self._take(chunk)
            words += its_words
            if its_signs:
                signs += its_signs
            if its_traits:
                traits += its_traits
        if len([chunk for chunk in chunks if len(chunk) == 1]) >= _SPACED:
            words += _despaced(chunks, traits)
        words, signs = words[:MOST], signs[:MOST]
        return Reading(words, signs, _summed(traits, len(text), len(words)))

    def _take(self, chunk: str) -> Reading:
        """Take apart what stands between two blanks, and remember it unless it is long, a number by its shape."""
        if _BARE.fullmatch(chunk):
            chunk = chunk.translate(_ZEROS)
        taken = self._met.get(chunk) or _take_apart(chunk)
        if len(chunk) <= _CHUNK:
            if len(self._met) >= _REMEMBERED:
                self.forget()
            self._met[chunk] = taken
        return taken


def _summed(traits: list[str], length: int, words: int) -> list[str]:
    """Return each trait once with the order of magnitude of how often it was seen."""
    sizes = [f"length {length.bit_length()}", f"words {words.bit_length()}"]
    if not traits:
        return sizes
    return sizes + [f"{trait} {count.bit_length()}" for trait, count in Counter(traits).items()]


def _take_apart(chunk: str) -> Reading:
    """Return the words, signs and traits of a chunk."""
    traits = ["shouted"] if len(chunk) > 1 and chunk.isupper() else []
    traits += [f"has {sign}" for sign in "!?" if sign in chunk]
    folded = chunk.casefold()
    signs = [SIGN + run for run in _SIGNS.findall(folded)]
    if _NUMERIC.fullmatch(folded):
        signs.append(SIGN + _DIGIT.sub("0", folded))
    a_number = _NUMERIC.fullmatch(folded) and not _NO_NUMBER.match(folded)
    if _LEETED.fullmatch(folded) and not a_number and (word := _unleet(folded)).isalpha():
        return Reading([word[:PIECE]], signs, [*traits, "leet"])
    masked = mask(folded)
    words = _WORD.findall(_REPEATED.sub(r"\1\1", masked))
    words = [word[at : at + PIECE] for word in words for at in range(0, len(word), PIECE)]
    undone = [_undot(part) for part in masked.split() if len(part) <= PIECE and _DOTTED.search(part)]
    undone = [word for word in undone if word.isalpha()]
    if _LEET_END.fullmatch(folded):  # or a word with a number, so it says nothing of a disguise
        words.append(_unleet(folded)[:PIECE])
    return Reading(words + undone, signs, traits + ["dotted"] * len(undone))


def _undot(word: str) -> str:
    return re.sub(r"[\W_]", "", word)


def _unleet(word: str) -> str:
    return word.rstrip("!").translate(LEET).strip(".,:;?\"'()")


def _despaced(chunks: list[str], traits: list[str]) -> list[str]:
    """Return the words that were s p a c e d."""
    runs = _SPACED_WORD.findall(" ".join(chunks).casefold())
    traits += ["spaced"] * bool(runs)
    return [run.replace(" ", "")[:PIECE] for run in runs]


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
