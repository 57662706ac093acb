"""
Disguises texts, so that a filter can be trained on disguised ones too; the opposite of `disguise`.

What attacks look like when the filter is measured is made elsewhere, by another generator.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import Final

from spam.lookalikes import fold_table

_LEET: Final = str.maketrans("aeiost", "4310$7")
_UNSEEN: Final = "\u200b\u200d"
_ADDRESS: Final = "http://goo.gl/"
_STAYS: Final = re.compile(r"[\d@]|://|\w\.\w")  # chunks that say what they are in any language
_WORD: Final = re.compile(r"[^\W\d_][\w']*")


def disguised(texts: list[str], labels: list[bool], share: float, seed: int = 0) -> tuple[list[str], list[bool]]:
    """
    Return disguised copies of that share of the spam, and of a quarter of that share of the ham, with their labels.

    Ham is disguised too, so that a disguise alone does not make spam.
    """
    chance = Random(seed)  # noqa: S311 - which texts are copied is no secret
    found: list[tuple[str, bool]] = []
    for text, spam in zip(texts, labels, strict=True):
        if chance.random() < (share if spam else share / 4):
            found.append((_disguised(text, chance), spam))
    return [text for text, _ in found], [spam for _, spam in found]


def reworded(texts: list[str], labels: list[bool], share: float, seed: int = 0) -> tuple[list[str], list[bool]]:
    """
    Return copies of that share of the texts, nine of ten words in them taken from ham, with their labels.

    Links, numbers and the shape of a text stay, so that these are weighed for what they tell where no word is known.
    """
    chance = Random(seed)  # noqa: S311 - which texts are copied is no secret
    ham = _words([text.split() for text, spam in zip(texts, labels, strict=True) if not spam], chance)
    chosen = [(text, spam) for text, spam in zip(texts, labels, strict=True) if chance.random() < share]
    return [_reworded(text, ham, chance) for text, _ in chosen], [spam for _, spam in chosen]


def _words(texts: list[list[str]], chance: Random) -> Iterator[str]:
    """Give words of one text after another, without end; of texts chosen by chance."""
    while True:
        yield from (word.strip(".,:;?!") for word in chance.choice(texts) if not _STAYS.search(word))


def _reworded(text: str, others: Iterator[str], chance: Random) -> str:
    def other(word: re.Match[str]) -> str:
        if chance.random() < 1 / 10:
            return word[0]
        return next(others).upper() if len(word[0]) > 1 and word[0].isupper() else next(others)

    return " ".join(chunk if _STAYS.search(chunk) else _WORD.sub(other, chunk) for chunk in text.split(" "))


def _disguised(text: str, chance: Random) -> str:
    """Disguise about half of a text's words, all in one way."""
    way = chance.choice((_look, _leet, _unseen, _spaced, _slip, _short))
    return " ".join(way(word, chance) if chance.random() < 1 / 2 else word for word in text.split(" "))


def _look(word: str, chance: Random) -> str:
    return "".join(chance.choice(_LOOKS[c]) if c in _LOOKS and chance.random() < 1 / 2 else c for c in word)


def _leet(word: str, chance: Random) -> str:
    return "".join(c.translate(_LEET) if chance.random() < 1 / 2 else c for c in word)


def _unseen(word: str, chance: Random) -> str:
    return chance.choice(_UNSEEN).join(word)


def _spaced(word: str, chance: Random) -> str:
    return chance.choice(" .").join(word)


def _slip(word: str, chance: Random) -> str:
    """Leave out, or double, a letter."""
    at = chance.randrange(len(word) + 1)
    return word[:at] + chance.choice(("", word[at : at + 1] * 2)) + word[at + 1 :]


def _short(word: str, chance: Random) -> str:
    return f"{_ADDRESS}{chance.randrange(36**5):x}" if "www" in word or "://" in word else word


def _looks() -> dict[str, list[str]]:
    """Return what each Latin letter may be taken for."""
    found: dict[str, list[str]] = {}
    for code, latin in fold_table().items():
        found.setdefault(latin, []).append(chr(code))
    return found


_LOOKS: Final = _looks()
