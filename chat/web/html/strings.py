"""The words of the pages: every sentence is in `chat/locales`, none in the code."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

PLACE = re.compile(r"\{(\w+)\}")
Words = Callable[..., str]


@cache
def strings(locale: str) -> dict[str, str]:
    """Return the pages' words in one language, by key."""
    source = files("chat").joinpath("locales", f"{locale}.json")
    made: dict[str, str] = json.loads(source.read_text("utf-8"))
    return made


@cache
def words(locale: str) -> Words:
    """Return what says a key in one language: `t(key, **values)`, with `count` its plural form."""
    known = strings(locale)

    def t(key: str, **values: Any) -> str:
        return filled(known[_form(key, values)], values)

    return t


def filled(text: str, values: dict[str, Any]) -> str:
    """Return a text with each `{place}` that has a value filled in."""
    return PLACE.sub(lambda found: str(values.get(found[1], found[0])), text)


def _form(key: str, values: dict[str, Any]) -> str:
    """English and Greek have two forms: for one, and for any other number."""
    if "count" not in values:
        return key
    return f"{key}.one" if values["count"] == 1 else f"{key}.other"
