"""Streams that are compressed, found by how they begin and opened piece by piece: gzip, zlib, zip, bzip2, xz, LZF."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Iterator
from typing import Protocol

MAGICS = (
    ("gzip", b"\x1f\x8b\x08"),
    *(("zlib", b"\x78" + level) for level in (b"\x01", b"\x5e", b"\x9c", b"\xda")),
    ("zip", b"PK\x03\x04"),
    ("bzip2", b"BZh"),
    ("xz", b"\xfd7zXZ\x00"),
    ("lzf", b"\xc3"),  # a string in Redis' dump file, and looked for only there
)
PIECE = 1 << 20
PROBE = 256
MOST = 1 << 30  # of one stream; a bomb goes on for ever
ZIP_HEAD = 30
LZF_MOST = 1 << 24
DEFLATED = 8


class _Opens(Protocol):
    """What the standard library's decompressors have in common here."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...
    @property
    def eof(self) -> bool: ...


class Squeezed:
    """One stream; `done` where it has ended or was none."""

    def __init__(self, kind: str) -> None:
        self.kind, self.done = kind, False
        self._opens: _Opens | None = _opener(kind)
        self._held, self._given = b"", 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what comes out, in pieces of bounded size."""
        if self._opens is None:
            self._held += data
            yield from self._begun()
            return
        try:
            yield from self._through(self._opens, data)
        # It only began like one. A search over a disk meets that often, and must go on.
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError):
            self.done = True

    def _through(self, opens: _Opens, data: bytes) -> Iterator[bytes]:
        while not self.done:
            plain = opens.decompress(data, PIECE)
            data = getattr(opens, "unconsumed_tail", b"")
            self._given += len(plain)
            self.done = opens.eof or self._given > MOST
            if plain:
                yield plain
            # zlib hands back what it has not read. bzip2 and lzma keep it, and say by `needs_input` when it is used up.
            if not data and (len(plain) < PIECE or getattr(opens, "needs_input", False)):
                return

    def _begun(self) -> Iterator[bytes]:
        """Wait for a head that is whole: a ZIP's member, or a string of Redis."""
        if self.kind == "zip":
            after = _zip_data(self._held)
            self.done = after == 0
            if after and len(self._held) >= after:
                self._opens, rest, self._held = zlib.decompressobj(-15), self._held[after:], b""
                yield from self.feed(rest)
            return
        head, packed, plain = _lzf_head(self._held)
        self.done = not 0 < packed < plain <= LZF_MOST
        if not self.done and len(self._held) >= head + packed:
            self.done = True
            yield unpack_lzf(self._held[head : head + packed])


def likely(kind: str, begins: bytes) -> bool:
    """Whether a stream may begin like this: two bytes of zlib's are everywhere by chance."""
    if kind != "zlib":
        return True
    try:
        zlib.decompressobj(15).decompress(begins, PROBE)
    except zlib.error:
        return False
    return True


def unpack_lzf(packed: bytes) -> bytes:
    """Return what LZF made small, as much of it as makes sense."""
    out, at = bytearray(), 0
    while at < len(packed):
        control, at = packed[at], at + 1
        if control < 32:  # noqa: PLR2004 - LZF: below it bytes as they are follow, one more than it says
            out += packed[at : at + control + 1]
            at += control + 1
            continue
        length = control >> 5
        if length == 7:  # noqa: PLR2004 - the length goes on in the next byte
            length += packed[at] if at < len(packed) else 0
            at += 1
        if at >= len(packed):
            break
        back = ((control & 31) << 8 | packed[at]) + 1
        at += 1
        if back > len(out):
            break
        # Byte by byte and not as a slice: a repetition may reach into what it is writing itself.
        for _ in range(length + 2):
            out.append(out[-back])
    return bytes(out)


def _opener(kind: str) -> _Opens | None:
    if kind == "gzip":
        return zlib.decompressobj(31)
    if kind == "zlib":
        return zlib.decompressobj(15)
    if kind == "bzip2":
        return bz2.BZ2Decompressor()
    return lzma.LZMADecompressor(lzma.FORMAT_XZ) if kind == "xz" else None


def _zip_data(held: bytes) -> int:
    """Return where a member's data begins, or 0 where it is stored as it is, and so seen without us."""
    if len(held) < ZIP_HEAD:
        return ZIP_HEAD
    if int.from_bytes(held[8:10], "little") != DEFLATED:
        return 0
    return ZIP_HEAD + int.from_bytes(held[26:28], "little") + int.from_bytes(held[28:30], "little")


def _lzf_head(held: bytes) -> tuple[int, int, int]:
    """Return where the data begins, its length and that of what is in it; made-up ones where more must come first."""
    at = 1
    found: list[int] = []
    for _ in range(2):
        if len(held) < at + 5:
            return LZF_MOST, 1, 2
        first = held[at]
        if first >> 6 == 0:
            found, at = [*found, first & 63], at + 1
        elif first >> 6 == 1:
            found, at = [*found, (first & 63) << 8 | held[at + 1]], at + 2
        elif first == 128:  # noqa: PLR2004 - four bytes follow
            found, at = [*found, int.from_bytes(held[at + 1 : at + 5])], at + 5
        else:
            return at, 0, 0
    return at, found[0], found[1]
