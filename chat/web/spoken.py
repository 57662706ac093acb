"""
The words that a page's scripts say themselves, found in the scripts: a page carries those, and no more.

A script names a word by a string with a dot (`"inbox.send"`), or begins one and adds to it (`inbox.view.${view}`, or
`${done}.unlearnt` after a string that it was given). What it names in any other way is not found; tests ask for each
word that scripts say, and drive the pages in every language.
"""

from __future__ import annotations

import re
from functools import lru_cache
from posixpath import dirname, join, normpath

from chat.core.locales import Locales
from chat.web.files import folder, source

IMPORT = re.compile(r'^(?:import|export)\b[^;"]*"(\.[^"]+)";$', re.MULTILINE)
NAMED = re.compile(r'"(\w+(?:\.\w+)+)"')
BEGUN = re.compile(r"`(\w+(?:\.\w+)*)\.\$\{")


def spoken(root: str, locales: Locales, locale: str) -> dict[str, str]:
    """Return those of a language's words, by key, that the scripts of the page at an address may say."""
    newest = max(each.stat().st_mtime_ns for each in folder("static").rglob("*.js"))
    return _spoken(root, locales, locale, newest)


def modules(root: str) -> dict[str, str]:
    """Return the scripts that a script needs, itself among them, by their addresses."""
    found: dict[str, str] = {}
    asked = [root]
    for address in asked:
        if address not in found:
            found[address] = source(address)
            asked += [normpath(join(dirname(address), each)) for each in IMPORT.findall(found[address])]
    return found


@lru_cache(maxsize=16)
def _spoken(root: str, locales: Locales, locale: str, _: int) -> dict[str, str]:
    scripts = modules(root).values()
    named = {name for script in scripts for look in (NAMED, BEGUN) for name in look.findall(script)}
    known = locales.strings(locale)
    return {key: text for key, text in known.items() if not named.isdisjoint(_beginnings(key))}


def _beginnings(key: str) -> list[str]:
    """Return a key and what it begins with, up to each dot: `a.b.one`, `a.b`, `a`."""
    parts = key.split(".")
    return [".".join(parts[:count]) for count in range(len(parts), 0, -1)]
