"""The words of pages and exports: every sentence is in files, here or in a feature's folder, none in the code."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

TAG = re.compile(r"[a-z]{2,8}")
OTHER_CODES = {"ell": "el", "gre": "el", "eng": "en"}  # ISO 639-2, for what 639-1 says in two letters
HERE = Path(__file__).parent
PLACE = re.compile(r"\{(\w+)\}")
Words = Callable[..., str]


def best_locale(known: Sequence[str], asked: Sequence[str], accepted: str = "") -> str:
    """
    Return the language to answer in: the first asked for, else what the browser likes best, else the first of `known`.

    `asked` are languages in any spelling (`el`, `EL`, `el-GR`, `el_GR.UTF-8`, `ell`). `accepted` is an Accept-Language
    (RFC 9110, 12.5.4): the higher weight first, and what has a weight of 0 not at all.
    """
    liked, refused = _accepted(accepted[:500])
    wanted = [*map(_language, asked), *liked, *(each for each in known if each not in refused)]
    return next((each for each in wanted if each in known), known[0])


def _language(tag: str) -> str:
    found = TAG.match(tag.strip().lower())
    return OTHER_CODES.get(found[0], found[0]) if found else ""


def _accepted(header: str) -> tuple[list[str], set[str]]:
    weighed = [(_weight(rest), _language(tag)) for tag, _, rest in (each.partition(";") for each in header.split(","))]
    refused = {language for weight, language in weighed if weight <= 0}
    liked = [(weight, language) for weight, language in weighed if weight > 0 and language not in refused]
    return [language for _, language in sorted(liked, key=lambda each: -each[0])], refused


def _weight(parameters: str) -> float:
    """Return the `q` of a language, 1 where it says none. Any other text is the least weight."""
    found = re.search(r"(?:^|;)\s*q\s*=\s*([^;]*)", parameters, re.IGNORECASE)
    if not found:
        return 1.0
    text = found[1].strip()
    return min(1.0, float(text)) if re.fullmatch(r"\d{1,3}(\.\d{0,9})?", text, re.ASCII) else 0.001


class Locales:
    """
    The words in every language: those that all pages share, and those in the `folders` of features: `words.en.json`,
    and, in a part that few need, `words.<part>.en.json`.
    """

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        self.folders = tuple(folders)
        self._known: dict[tuple[str, str], dict[str, str]] = {}

    def strings(self, locale: str, part: str = "") -> dict[str, str]:
        """Return the words in one language, by key, with those of a `part`."""
        if (locale, part) not in self._known:
            name = f"words.{part}.{locale}.json" if part else f"words.{locale}.json"
            found = [json.loads(path.read_text("utf-8")) for path in self.files(name)]
            made = self.strings(locale) if part else {}
            self._known[locale, part] = made | {key: text for each in found for key, text in each.items()}
        return self._known[locale, part]

    def words(self, locale: str, part: str = "") -> Words:
        """Return what says a key in one language: `t(key, **values)`, with `count` its plural form."""
        known = self.strings(locale, part)

        def t(key: str, **values: Any) -> str:
            return filled(known[_form(key, values)], values)

        return t

    def files(self, name: str) -> list[Path]:
        """Return the files of a name: the shared one, and those of features that have it."""
        return [path for each in (HERE, *self.folders) if (path := each / name).exists()]


def filled(text: str, values: dict[str, Any]) -> str:
    """Return a text with each `{place}` that has a value filled in."""
    return PLACE.sub(lambda found: str(values.get(found[1], found[0])), text)


def _form(key: str, values: dict[str, Any]) -> str:
    """English and Greek have two forms: for one, and for any other number."""
    if "count" not in values:
        return key
    return f"{key}.one" if values["count"] == 1 else f"{key}.other"


SHARED = Locales()
"""The words that all pages share, and no feature's: enough to say what went wrong."""
