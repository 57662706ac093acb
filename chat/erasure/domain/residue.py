"""
Looking for texts in any bytes, in every encoding that a store might keep them in. It is pure: bytes come in, finds go
out.

A `Scanner` takes a stream piece by piece and keeps only as much of it as its longest pattern, whatever its size.
"""

from __future__ import annotations

import json
import string
import unicodedata
from base64 import b64encode, urlsafe_b64encode
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import quote, quote_plus

from chat.erasure.domain.squeezed import MAGICS, PROBE, Squeezed, likely

SHORTEST = 4
MOST = 10
# Deeper, a file made for it could be unpacked without an end.
DEEPEST = 2
BREAKS = b"\r\n"
DUMPS = {b"REDIS", b"VALKE"}
WRITTEN = f"{string.ascii_letters}{string.digits}+/-_%.@".encode()
"""What base64, hex, addresses and most words are written with."""
APART = bytes(each if each in WRITTEN else ord(" ") for each in range(256))
LEFT_OUT = BREAKS + b"\x00"


@dataclass(frozen=True, slots=True)
class Find:
    """Which of the texts (its number), how it was written, and at which byte of the stream."""

    text: int
    encoding: str
    at: int


@dataclass(frozen=True, slots=True)
class TextForm:
    """A text as it may stand in bytes; `folded` where case makes no difference, which is then lower."""

    text: int
    encoding: str
    raw: bytes
    folded: bool
    trace: bytes
    """What is left of it in `_traces` of bytes that hold it, or empty where they say nothing of it."""


class Scanner:
    """
    One stream. Of each text in each encoding the first `MOST` finds are told.

    Streams within it that are compressed (gzip, zlib, zip, bzip2, xz) are opened wherever they begin, two deep.
    """

    def __init__(self, forms: list[TextForm], depth: int = 0) -> None:
        self._forms, self._depth = forms, depth
        self._keep = max((len(form.raw) for form in forms), default=1) * 2
        self._shortest = min((len(form.trace) for form in forms if form.trace), default=1)
        self._tail, self._at = b"", 0
        self._inner: list[tuple[int, Squeezed, Scanner]] = []
        self._reported: Counter[TextForm] = Counter()
        self._first = b""

    def feed(self, piece: bytes) -> Iterator[Find]:
        """Yield what is found in a piece, or over its border with the one before."""
        self._first = self._first or piece[:5]
        window, old = self._tail + piece, len(self._tail)
        start = self._at - old
        if window.strip(b"\x00"):  # files of databases are half empty
            yield from self._plain(window, old, start)
        yield from self._unpacked(window, old, start, piece)
        self._at += len(piece)
        self._tail = window[-self._keep :]

    def _plain(self, window: bytes, old: int, start: int) -> Iterator[Find]:
        # Bytes lower ASCII alone. Other letters' cases are patterns of their own, by `_spellings`.
        lower, whole = window.lower(), window.translate(None, BREAKS) if b"\n" in window else window
        traces = _traces(window, self._shortest)
        for form in _possible(self._forms, traces, traces.lower()):
            held, borders = (lower, old) if form.folded else (window, old)
            found = list(islice(_places(held, form.raw, borders), MOST))
            if not found and whole is not window and "base64" in form.encoding and form.raw in whole:
                found = [old]  # broken into lines, as mail does: the piece, not the byte
            for at in found[: MOST - self._reported[form]]:
                self._reported[form] += 1
                yield Find(form.text, form.encoding, start + at)

    def _unpacked(self, window: bytes, old: int, start: int, piece: bytes) -> Iterator[Find]:
        for at, stream, scanner in self._inner:
            yield from self._open(at, stream, scanner, piece)
        if self._depth < DEEPEST:
            for kind, magic in MAGICS:
                if kind == "lzf" and self._first not in DUMPS:
                    continue
                for at in _places(window, magic, old):
                    if not likely(kind, window[at : at + PROBE]):
                        continue
                    opened = start + at, Squeezed(kind), Scanner(self._forms, self._depth + 1)
                    self._inner.append(opened)
                    yield from self._open(*opened, window[at:])
        self._inner = [each for each in self._inner if not each[1].done]

    def _open(self, at: int, stream: Squeezed, scanner: Scanner, piece: bytes) -> Iterator[Find]:
        for plain in stream.feed(piece):
            for find in scanner.feed(plain):
                yield Find(find.text, f"{find.encoding} in {stream.kind}", at)


def forms(texts: list[str]) -> list[TextForm]:
    """Return every way in which these texts may stand in bytes."""
    made: dict[tuple[int, bytes, bool], TextForm] = {}
    for number, text in enumerate(texts):
        for each in _spellings(text):
            for encoding, raw, folded in _encoded(each):
                kept = raw.lower() if folded else raw
                made.setdefault((number, kept, folded), TextForm(number, encoding, kept, folded, _trace(kept)))
    return list(made.values())


def search(pieces: Iterable[bytes], known: list[TextForm]) -> Iterator[Find]:
    """Yield what is found in a whole stream."""
    scanner = Scanner(known)
    for piece in pieces:
        yield from scanner.feed(piece)


def _spellings(text: str) -> list[str]:
    """Return a text composed and decomposed, in the cases that programs fold to."""
    cased = [text, text.lower(), text.upper(), text.casefold(), text.title()]
    normal = [unicodedata.normalize(form, each) for each in cased for form in ("NFC", "NFD", "NFKC")]
    return list(dict.fromkeys([*cased, *normal]))


def _encoded(text: str) -> Iterator[tuple[str, bytes, bool]]:
    raw = text.encode()
    yield "UTF-8", raw, True
    yield "UTF-16 LE", text.encode("utf-16-le"), True
    yield "UTF-16 BE", text.encode("utf-16-be"), True
    yield "JSON", json.dumps(text)[1:-1].encode(), True
    yield "JSON", json.dumps(text, ensure_ascii=False)[1:-1].encode(), True
    yield "hex", raw.hex().encode(), True
    for quoted in (quote(text, safe=""), quote(text, safe="@!'()*~"), quote_plus(text)):
        yield "percent", quoted.encode(), True
    for encode in (b64encode, urlsafe_b64encode):
        for shift in range(3):
            # Only those characters that depend on nothing but the text.
            coded = encode(bytes(shift) + raw)[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]
            yield f"base64 at {shift}", coded, False


def _trace(raw: bytes) -> bytes:
    left = raw.translate(None, LEFT_OUT)
    return b"" if left.translate(None, WRITTEN) else left


def _traces(held: bytes, shortest: int) -> bytes:
    """Return the few runs of `WRITTEN` that are in most bytes, so that not all of them are read for each form."""
    return b" ".join(run for run in held.translate(APART, LEFT_OUT).split() if len(run) >= shortest)


def _possible(known: list[TextForm], traces: bytes, folded: bytes) -> Iterator[TextForm]:
    """Yield the forms whose traces are there, and those that leave none."""
    return (form for form in known if form.trace in (folded if form.folded else traces))


def _places(held: bytes, raw: bytes, old: int) -> Iterator[int]:
    """Yield where `raw` is, if it ends beyond the first `old` bytes, which were looked at before."""
    at = held.find(raw, max(0, old - len(raw) + 1))
    while at >= 0:
        yield at
        at = held.find(raw, at + 1)
