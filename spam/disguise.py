"""Takes disguises off: styled letters, what cannot be seen, accents, letters only looking Latin."""

import re
import unicodedata
from typing import Final

from spam.lookalikes import fold_table

LEET: Final = str.maketrans("0134578@$!|", "oieastbasil")
_FILLERS: Final = "\u115f\u1160\u3164\uffa0"  # letters by category, nothing to the eye
_LOOKALIKE: Final = fold_table()
_RARE: Final = 20  # one letter in so many is hardly any
_EMOJI = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff]")
# From the beginning of a word only: begun at each letter of a long one, it would take the square of its length.
_MIXED = re.compile(r"(?<!\w)\w*(?:[A-Za-z][^\W\d_A-Za-z]|[^\W\d_A-Za-z][A-Za-z])\w*")
_LATIN = re.compile(r"[A-Za-z]")


class _Plain(dict[int, str]):
    """A table for `str.translate` that fills itself, with at most one entry a character of Unicode."""

    def __missing__(self, code: int) -> str:
        self[code] = plain = _plain(chr(code))
        return plain


def _plain(char: str) -> str:
    """Return a character without style, accents and what cannot be seen, and a blank for a control."""
    if "\uac00" <= char <= "\ud7a3" or ord(char) in _LOOKALIKE:  # NFKD would take Hangul apart, and change some looks
        return char
    parts = [(part, unicodedata.category(part)) for part in unicodedata.normalize("NFKD", char)]
    seen = [(part, kind) for part, kind in parts if kind not in ("Mn", "Me", "Cf", "Cs")]
    return "".join(" " if kind[0] in "ZC" else part for part, kind in seen if part not in _FILLERS)


_PLAIN: Final = _Plain()


def undisguise(text: str, traits: list[str]) -> str:
    """Return a text's plain letters, lookalikes folded where scripts are mixed, and add its traits."""
    plain = text.translate(_PLAIN)
    if plain.isascii():
        return plain
    traits += ["emoji"] * len(_EMOJI.findall(plain))
    if not _LATIN.search(plain):
        return plain
    mixed = [word for word in _MIXED.findall(plain) if word.translate(_LOOKALIKE).isascii()]
    if not mixed:
        return plain
    traits += ["lookalike"] * len(mixed)
    folded = plain.translate(_LOOKALIKE)
    others = sum(char.isalpha() and not char.isascii() for char in folded)
    if others * _RARE < len(folded):  # the text is Latin
        return folded
    return _MIXED.sub(lambda word: word[0].translate(_LOOKALIKE), plain)
