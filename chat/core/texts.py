"""
What a text or name of a person may be, said once for HTTP and sockets: whether anything of it is seen, where it may be
cut, and how it stands in plain text without passing for what others wrote.

Characters and their properties are Unicode's, graphemes those of UAX #29, isolates those of UAX #9.
"""

from __future__ import annotations

import unicodedata

import regex

_SEEN = regex.compile(
    r"(?V1)[^\s\p{Z}\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}[\p{Cf}--\p{Prepended_Concatenation_Mark}]"
    r"\u2800\U0001D159]"  # drawn as nothing: the empty Braille cell, the note without a head
)
# Two halves of a flag are taken by themselves: to find out which belong together `\X` reads back to the first of the
# row at each of them, so that a row of flags costs the square of its length.
_FLAG = r"[\U0001F1E6-\U0001F1FF]{2}[\p{GCB=Extend}\p{GCB=ZWJ}\p{GCB=SpacingMark}]*"
_GRAPHEME = regex.compile(rf"{_FLAG}|\X")
# Not the tab: people paste tables.
_CONTROL = regex.compile(r"[\p{Cc}--\t]", regex.V1)
# Thirty marks on one letter are as many as any language needs (UAX #15, stream-safe text).
_HEAPED = regex.compile(r"(\p{M}{30})\p{M}+")
_OPENING, _ISOLATE, _CLOSING = "\u2066\u2067\u2068", "\u2068", "\u2069"
_TURNING = {"R", "AL", "AN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
INDENT = "    "


def seen(text: str) -> bool:
    """Whether a reader sees anything of a text."""
    return _SEEN.search(text) is not None


def line(text: str) -> str:
    """Return a name, answer or label on one line, trimmed, or "" where nothing of it is seen."""
    return " ".join(text.split()) if seen(text) else ""


def cut(text: str, most: int) -> str:
    """Return the beginning of a text, at most so many characters, ending where a character as people see it ends."""
    if len(text) <= most:
        return text
    end = 0
    for each in _GRAPHEME.finditer(text, endpos=most + 1):
        if each.end() > most:
            break
        end = each.end()
    return text[:end] or text[:most]  # one that is longer than all the room has no end to cut at


def graphemes(text: str) -> list[str]:
    """Return a text in characters as people see them."""
    return [each.group() for each in _GRAPHEME.finditer(text)]


def composed(text: str) -> str:
    """Return a text as NFC, without the marks heaped on a letter beyond thirty: sorting n of them costs n times n."""
    return unicodedata.normalize("NFC", _HEAPED.sub(r"\1", text))


def isolated(text: str) -> str:
    """
    Return one line as it is to stand among others in plain text: controls shown as U+FFFD, and what turns the direction
    kept within it.
    """
    text = _CONTROL.sub("\ufffd", " ".join(text.splitlines()))
    if not any(unicodedata.bidirectional(each) in _TURNING for each in text):
        return text
    return f"{_ISOLATE}{balanced(text)}{_CLOSING}"


def balanced(text: str) -> str:
    """Return a text in which every isolate that is opened is closed, and none is closed that was not opened."""
    made, depth = [], 0
    for each in text:
        if each == _CLOSING and not depth:
            continue
        depth += (each in _OPENING) - (each == _CLOSING)
        made.append(each)
    return "".join(made) + _CLOSING * depth


def entry(head: str, text: str, *below: str) -> str:
    """
    Return an entry of a transcript: its `head`, the text behind it, of which each further line, however it was broken,
    is indented, and our own lines `below`. So nothing that anybody writes stands where an entry or such a line begins.
    """
    return "\n".join([head + f"\n{INDENT}".join(isolated(each) for each in text.splitlines()), *below])
