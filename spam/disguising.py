"""
Disguises texts, so that a filter can be trained on disguised ones too. It is the opposite of `disguise`.

What attacks look like when the filter is measured is made elsewhere, by another generator.
"""

from __future__ import annotations

from random import Random
from typing import Final

from spam.lookalikes import fold_table

_LEET: Final = str.maketrans("aeiost", "4310$7")
_UNSEEN: Final = "\u200b\u200d"
_ADDRESS: Final = "http://goo.gl/"


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
