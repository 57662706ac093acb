"""Keyed hashes by which the server knows again what it wrote itself where others may write too: rows, events."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Any

import msgspec

from chat.core.crypt import derive

MARK = 64


class Macs:
    """Makes and checks HMAC-SHA-256 (RFC 2104) under a key derived from the server's secret, apart by `kind`."""

    def __init__(self, secret: bytes) -> None:
        self._key = derive(secret, "macs")

    def over(self, kind: str, said: Sequence[Any]) -> str:
        """Return 64 hex digits over plain values and what kind of thing they are of. No two lists are written alike."""
        return hmac.digest(self._key, msgspec.json.encode([kind, *said]), "sha256").hex()

    def hold(self, mac: str, kind: str, said: Sequence[Any]) -> bool:
        """Whether `mac` is over just these values."""
        return hmac.compare_digest(mac.encode(), self.over(kind, said).encode())

    def marked(self, kind: str, said: bytes) -> bytes:
        """Return bytes (no line feed is added) behind their MAC, for a way on which others may write too."""
        return self._mark(kind, said) + said

    def unmarked(self, kind: str, data: bytes) -> bytes | None:
        """Return what was `marked`, or None where it was not, or not by this secret."""
        mark, said = data[:MARK], data[MARK:]
        return said if hmac.compare_digest(mark, self._mark(kind, said)) else None

    def _mark(self, kind: str, said: bytes) -> bytes:
        return hmac.digest(self._key, f"marked {kind} ".encode() + said, "sha256").hex().encode()
