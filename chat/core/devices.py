"""
What kind of device somebody asks from, of a short list: which browser on which system, as `Firefox/Linux`. It is read
from a User-Agent (RFC 9110, 10.1.5), which says what its sender likes: it is shown, and nothing rests on it.

The lists are short and in this order on purpose: nearly every browser calls itself Mozilla, Chrome and Safari too.
"""

from __future__ import annotations

import re

LOOKED_AT = 500
"""Characters. Nobody's browser says more of itself."""
BROWSERS = {
    "Edge": re.compile(r"\bEdg(e|A|iOS)?/"),
    "Opera": re.compile(r"\b(OPR|Opera)/"),
    "Samsung Internet": re.compile(r"\bSamsungBrowser/"),
    "Firefox": re.compile(r"\b(Firefox|FxiOS)/"),
    "Chrome": re.compile(r"\b(Chrome|CriOS|Chromium)/"),
    "Safari": re.compile(r"\bVersion/[\d.]+ .*\bSafari/"),
}
SYSTEMS = {
    "Windows": re.compile(r"\bWindows NT\b"),
    "iOS": re.compile(r"\b(iPhone|iPad|iPod)\b"),
    "Android": re.compile(r"\bAndroid\b"),
    "macOS": re.compile(r"\bMacintosh\b"),
    "ChromeOS": re.compile(r"\bCrOS\b"),
    "Linux": re.compile(r"\b(Linux|X11)\b"),
}
OTHER = "?"


def kind_of(user_agent: str) -> str:
    """Return browser and system, each `?` where it is none of those known."""
    said = user_agent[:LOOKED_AT]
    return f"{_first(BROWSERS, said)}/{_first(SYSTEMS, said)}"


def _first(known: dict[str, re.Pattern[str]], said: str) -> str:
    return next((name for name, sign in known.items() if sign.search(said)), OTHER)
