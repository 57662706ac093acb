"""
Disguises spam as spammers do. Nothing here is used to train, and nothing here reads the filter's own tables.

Each attack takes a text and a source of chance and returns the text as it would be sent. Letters that look alike were
picked by eye from what is seen in spam.
"""

import re
from collections.abc import Callable
from random import Random
from typing import Final

Attack = Callable[[str, Random], str]

_LOOK: Final = {
    "a": "аαа", "c": "сϲ", "e": "еҽ", "h": "һ", "i": "іι", "j": "ј", "k": "кκ", "l": "ӏ", "n": "ո", "o": "оοօ",
    "p": "рρ", "s": "ѕ", "t": "тτ", "u": "սυ", "v": "νѵ", "w": "ԝ", "x": "хχ", "y": "уγ", "A": "АΑ", "B": "ВΒ",
    "C": "СϹ", "E": "ЕΕ", "H": "НΗ", "I": "ІΙ", "K": "КΚ", "M": "МΜ", "N": "Ν", "O": "ОΟ", "P": "РΡ", "S": "Ѕ",
    "T": "ТΤ", "X": "ХΧ", "Y": "УΥ", "Z": "Ζ",
}  # fmt: skip
_UNSEEN: Final = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e\u034f\u2063"
_LEET: Final = {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$", "t": "7", "b": "8", "l": "1|"}
_SHORT: Final = ("https://bit.ly/", "http://tinyurl.com/", "https://t.co/", "https://cutt.ly/", "is.gd/")
_EMOJI: Final = "🔥💰🎁😍👉✅⭐🚀💯🎉❤️😂"
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_LINK: Final = re.compile(r"(?:https?://|www\.)\S+|\b[\w-]+\.(?:com|co\.uk|net|tv|biz)\b\S*")
_GOOD: Final = (
    "thanks",
    "for",
    "your",
    "help",
    "see",
    "you",
    "tomorrow",
    "at",
    "home",
    "with",
    "mum",
    "after",
    "dinner",
)


def _swap(text: str, chance: Random, table: dict[str, str], share: float) -> str:
    return "".join(chance.choice(table[c]) if c in table and chance.random() < share else c for c in text)


def _styled(first: int) -> Attack:
    """Letters of a styled alphabet that begins at `first`, capitals before small ones."""

    def styled(text: str, _: Random) -> str:
        return "".join(
            chr(first + ord(c) - 65) if c.isupper() and c.isascii()
            else chr(first + 26 + ord(c) - 97) if c.islower() and c.isascii() else c
            for c in text
        )  # fmt: skip

    return styled


def _words(text: str, chance: Random, share: float, change: Callable[[str], str]) -> str:
    return " ".join(change(word) if len(word) > 2 and chance.random() < share else word for word in text.split(" "))


def _fullwidth(text: str, _: Random) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def _accented(text: str, chance: Random) -> str:
    return "".join(c + chr(chance.randint(0x300, 0x36F)) * chance.randint(1, 3) if c.isalpha() else c for c in text)


def _unseen(text: str, chance: Random) -> str:
    return "".join(c + chance.choice(_UNSEEN) if c.isalnum() and chance.random() < 0.4 else c for c in text)


def _shortened(text: str, chance: Random) -> str:
    code = "".join(chance.choices(_LETTERS + _LETTERS.upper() + "0123456789", k=7))
    return _LINK.sub(chance.choice(_SHORT) + code, text)


def _emoji(text: str, chance: Random) -> str:
    return " ".join(word + chance.choice(_EMOJI) if chance.random() < 0.4 else word for word in text.split(" "))


def _typos(text: str, chance: Random) -> str:
    def swapped(word: str) -> str:
        at = chance.randrange(1, len(word) - 1)
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]

    return _words(text, chance, 0.25, swapped)


def _mixed(text: str, chance: Random) -> str:
    return _words(text, chance, 0.6, lambda word: _swap(word, chance, _LOOK, 0.5))


def _all_at_once(text: str, chance: Random) -> str:
    return _unseen(_swap(_swap(text, chance, _LEET, 0.15), chance, _LOOK, 0.3), chance)


ATTACKS: Final[dict[str, Attack]] = {
    "look-alikes, 3 in 10": lambda text, chance: _swap(text, chance, _LOOK, 0.3),
    "look-alikes, all": lambda text, chance: _swap(text, chance, _LOOK, 1.0),
    "mixed scripts": _mixed,
    "zero-width": _unseen,
    "leet, 3 in 10": lambda text, chance: _swap(text, chance, _LEET, 0.3),
    "leet, all": lambda text, chance: _swap(text.lower(), chance, _LEET, 1.0),
    "s p a c e d": lambda text, chance: _words(text, chance, 0.4, " ".join),
    "d.o.t.t.e.d": lambda text, chance: _words(text, chance, 0.4, chance.choice(".-_*").join),
    "bold": _styled(0x1D400),
    "sans-serif italic": _styled(0x1D608),
    "fullwidth": _fullwidth,
    "accents": _accented,
    "emoji": _emoji,
    "shortened links": _shortened,
    "rAnDoM cApItAlS": lambda text, chance: "".join(chance.choice((c.lower(), c.upper())) for c in text),
    "typing errors": _typos,
    "good words behind": lambda text, chance: f"{text} {' '.join(chance.sample(_GOOD, 8))}",
    "all at once": _all_at_once,
}
