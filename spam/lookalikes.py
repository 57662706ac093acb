"""Letters that look like other letters, from Unicode's own list of confusables.

`lookalikes.json` is made by ``python -m spam.lookalikes CONFUSABLES`` from Unicode's confusables
(UTS #39) as the library confusable-homoglyphs ships them in `confusables.json`. Nothing in it is
made by hand.
"""

import json
import string
import sys
import unicodedata
from pathlib import Path

_FILE = Path(__file__).with_name("lookalikes.json")


def fold_table() -> dict[int, str]:
    """Return a table for `str.translate`: letters outside ASCII to those they look like."""
    by_latin: dict[str, str] = json.loads(_FILE.read_text(encoding="ascii"))
    return {ord(char): latin for latin, chars in by_latin.items() for char in chars}


def _folds(confusables: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    """Map each letter to the Latin one it looks like, but styled ones, which NFKD sees to.

    One that looks like none takes after its other case: small kappa looks like no letter, but its capital does like K.
    """
    folds: dict[str, str] = {}
    for char, others in sorted(confusables.items()):
        looks = sorted(other["c"] for other in others if other["c"] in string.ascii_letters)
        same_case = [latin for latin in looks if latin.islower() == char.islower()]
        if same_case and _is_letter(char):
            folds[char] = "l" if same_case[0] == "i" and not _is_an_i(char) else same_case[0]
    other_case = {char.swapcase(): latin.swapcase() for char, latin in folds.items()}
    folds = {char: latin for char, latin in other_case.items() if _is_letter(char)} | folds
    return {char: latin for char, latin in folds.items() if _plain(char) == char or _plain(char) not in folds}


def _is_an_i(char: str) -> bool:
    """Whether a letter that looks like i is one: Unicode takes i and l for alike, and says so of palochka too."""
    return unicodedata.name(char).endswith((" I", "IOTA", "-I"))


def _is_letter(char: str) -> bool:
    """Whether a character is one letter outside ASCII, and not merely one of ASCII in another style."""
    plain = _plain(char)
    return len(char) == len(plain) == 1 and not plain.isascii() and unicodedata.category(char)[0] == "L"


def _plain(char: str) -> str:
    return unicodedata.normalize("NFKD", char)


def main(source: str) -> None:
    """Write the table from the library's file."""
    folds = _folds(json.loads(Path(source).read_text(encoding="utf-8")))
    by_latin = {latin: "".join(c for c in folds if folds[c] == latin) for latin in sorted(set(folds.values()))}
    _FILE.write_text(json.dumps(by_latin, indent=0) + "\n", encoding="ascii")


if __name__ == "__main__":
    main(sys.argv[1])
