"""
Text as search compares it: case, accents (Greek tonos), final sigma and width make no difference, nor does what is not
seen. What is found is told as pieces of the text as it was written.

Compatibility forms are those of NFKC (UAX #15), case folding is the full one of Unicode (3.13, D145).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import Self

from chat.core.errors import InvalidField
from chat.core.texts import cut, graphemes, seen

# Marks that people leave out when they search: of Latin, Greek and Cyrillic letters, Hebrew points, Arabic vowels.
# Those of other scripts, as of Japanese or Hindi, make other letters. Then what nobody sees: soft hyphens, joiners.
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0640"
)
_UNSEEN = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
_DROPPED = re.compile(f"[{_MARKS}{_UNSEEN}]+")
MOST, WORDS = 200, 12
"""So many characters, and words, are looked for at a time."""
BEFORE, EXCERPT = 40, 160
"""So many characters of a text are shown before what was found, and in all."""
_BLANK = re.compile(r"\s+")
_APART = "\n"


def fold(text: str) -> str:
    """Return a text as it is compared."""
    if text.isascii():
        return text.lower()
    # Dropped first too: thousands of marks heaped on a letter would be sorted, which costs the square of their number.
    apart = unicodedata.normalize("NFKD", _DROPPED.sub("", text))
    # Case may bring marks with it (U+0130), and letters whose marks NFKD has taken off fold as the plain ones do.
    # Put together again, so that no letter of a script that keeps its marks is found as the beginning of another.
    return unicodedata.normalize("NFC", _DROPPED.sub("", apart.casefold()))


@dataclass(frozen=True)
class SearchTerms:
    """The words somebody looks for, folded. A text is found that has all of them, wherever each stands."""

    words: tuple[str, ...]
    number: int | None = None

    @classmethod
    def of(cls, asked: str) -> Self:
        """Read what was typed: words, and where it is nothing else the number of a ticket. Raises InvalidField."""
        if len(asked) > MOST:
            raise InvalidField(f"Search for at most {MOST} characters", field="q")
        plain = asked.strip()
        words = tuple(dict.fromkeys(filter(None, (fold(each) for each in plain.split()))))
        if not words or not seen(plain):
            raise InvalidField("Say what to search for", field="q")
        if len(words) > WORDS:
            raise InvalidField(f"Search for at most {WORDS} words", field="q")
        if not any(len(each) > 1 or _tells(each) for each in words):
            raise InvalidField("Search for at least two characters", field="q")
        digits = re.fullmatch(r"#?([0-9]{1,9})", plain)
        return cls(words, int(digits[1]) if digits else None)

    def may_be_in(self, texts: Iterable[str]) -> bool:
        """
        Whether all the words are in texts, taken together. Most often they are not, and to look once at many texts
        takes a fraction of what it takes to look at each.
        """
        plain: list[str] = []
        others: list[str] = []
        for text in texts:
            (plain if text.isascii() else others).append(text)
        # No word has a line feed, and no mark is drawn over one, so texts fold together as each does by itself.
        folded = f"{fold(_APART.join(plain))}{_APART}{fold(_APART.join(others))}"
        return all(word in folded for word in self.words)

    def are_in(self, text: str) -> bool:
        """Whether a text has all the words."""
        folded = fold(text)
        for word in self.words:  # noqa: SIM110 - a generator takes twice as long, and this is done for every text
            if word not in folded:
                return False
        return True

    def excerpt(self, text: str) -> list[str]:
        """
        Return a text, cut around the first of the words, in pieces: each second one, from the second on, is what was
        found. Put together they are what is shown.
        """
        line = _BLANK.sub(" ", text).strip()
        places = _merged(self._places(line))
        first = places[0][0] if places else 0
        begin = 0 if first <= BEFORE else _word_begin(line, first - BEFORE, first)
        shown = cut(line[begin:], max(EXCERPT, places[0][1] - begin if places else 0))
        pieces, at = [], begin
        for start, end in places:
            if end <= begin + len(shown):
                pieces += [line[at:start], line[start:end]]
                at = end
        pieces.append(line[at : begin + len(shown)])
        if begin:
            pieces[0] = f"…{pieces[0]}"
        if begin + len(shown) < len(line):
            pieces[-1] = f"{pieces[-1]}…"
        return pieces

    def _places(self, text: str) -> list[tuple[int, int]]:
        """Return from where to where in a text each of the words is found, in order, in whole characters."""
        shown = graphemes(text)
        folded = [fold(each) for each in shown]
        # Where each of them ends: in the text as it is compared, and from where to where it is in the text itself.
        ends, bounds = list(accumulate(map(len, folded))), [0, *accumulate(map(len, shown))]
        whole, found = "".join(folded), []
        for word in self.words:
            at = whole.find(word)
            while at >= 0:
                last = at + len(word)
                found.append((bounds[bisect_right(ends, at)], bounds[bisect_right(ends, last - 1) + 1]))
                at = whole.find(word, last)
        return sorted(found)


def _tells(letter: str) -> bool:
    """Whether one character alone is worth looking for: a digit, a sign, or a letter that is a word."""
    return unicodedata.category(letter) in {"Nd", "No", "Lo", "So", "Sc"}


def _merged(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return places without those that lie in others, and those that meet as one."""
    made: list[tuple[int, int]] = []
    for start, end in places:
        if made and start <= made[-1][1]:
            made[-1] = (made[-1][0], max(end, made[-1][1]))
        else:
            made.append((start, end))
    return made


def _word_begin(line: str, at: int, most: int) -> int:
    """Return where the next word begins, if that is before `most`."""
    blank = line.find(" ", at, most)
    return blank + 1 if blank >= 0 else at
