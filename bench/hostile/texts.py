"""Texts that are made to be dear: something said over and over, and an end that spoils what it almost was."""

from dataclasses import dataclass
from random import Random
from typing import Final

SCRIPTS: Final = (
    "abxyzlOI",  # Latin
    "αβκνςΩΐ",  # Greek
    "ёжас\u0430\u0435\u0406",  # Cyrillic, some of it looking Latin
    "中日語あアﾜ한",  # CJK
    "אבשﬁﷺع",  # Hebrew, Arabic, ligatures
    "0123789٣५²½",
    "!?.,;:'\"()[]{}<>/\\|@#$%^&*+-_=~`…",
    "$£€¥₹₽",
    " \t\n\u00a0\u2003\u3000",
    "\u200b\u200d\u2060\ufeff\u00ad\u115f\x00\x01\x02\u202e",  # nothing to the eye
    "\u0301\u0308\u0345\u20dd\u05b0",  # marks that stand on a letter
    "😀👍🏽🇬🇷☎✂\U0001d54f\ud800",
)
WORDS: Final = (
    "http://", "https://www.", "www.", ".com", "a.co/", "me@", "@me", "my name is ", "με λένε ", "Mr. ", "κ. ",
    "GB29 NWBK", "+30 ", "$1,", "12:30pm", "fr33", "cl!ck", "v!agra", "w!n!t", "c@sh", "w i n", "f.r.e.e", "50%",
    "xn--",
)  # fmt: skip
"""Beginnings of what the filter, and a browser, look for."""


@dataclass(frozen=True)
class Hostile:
    """A text of any length: `before`, then `unit` until it is long enough, then `after`."""

    before: str
    unit: str
    after: str

    def of(self, length: int) -> str:
        """Return the text with so many characters of `unit`, so that twice the length is twice the work."""
        return self.before + (self.unit * (length // len(self.unit) + 1))[:length] + self.after


def hostile(chance: Random, own: str = "") -> Hostile:
    """Return a text at random; `own` are characters that count in what is to be tried."""
    alphabets = (*SCRIPTS, own) if own else SCRIPTS
    return Hostile(_some(chance, alphabets, 2), _some(chance, alphabets, 3) or "a", _some(chance, alphabets, 2))


def varied(chance: Random, length: int) -> str:
    """Return a text in which hardly anything comes twice, so that nothing remembered helps."""
    first, last = chance.choice(((0x21, 0x7F), (0x370, 0x500), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xA0, 0x2FFF)))
    gap = chance.choice((0, 2, 3, 5, 8, 25))
    drawn = [chr(chance.randrange(first, last)) for _ in range(length)]
    return "".join(" " if gap and not at % gap else char for at, char in enumerate(drawn))


def pointed(chance: Random, own: str) -> Hostile:
    """Return a text at random that says one of `own` over and over: for a pattern in which just these count."""
    unit = chance.choice(own) if chance.random() < 3 / 4 else chance.choice(chance.choice(SCRIPTS))
    return Hostile(chance.choice(("", *WORDS)), unit, _some(chance, SCRIPTS, 2))


def _some(chance: Random, alphabets: tuple[str, ...], most: int) -> str:
    """Return up to so many pieces, each a word or a character of one alphabet."""
    return "".join(
        chance.choice(WORDS if chance.random() < 1 / 4 else chance.choice(alphabets))
        for _ in range(chance.randint(0, most))
    )
