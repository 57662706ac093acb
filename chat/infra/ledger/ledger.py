"""
What was taken away, on record outside the database: a restore reads here what it must take away again.

It lies with the keys, so it outlives the database. Ids only. A line is on disk before the action that it names is
committed, so nothing that was answered is missing. Each is bound to the one before it, so none can be left out. What no
backup is old enough to need goes from its beginning, and a marked line says up to where.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from chat.core.crypt import derive
from chat.core.errors import Misconfigured
from chat.core.locations import DataLocation
from chat.infra.ledger.lines import LineFile, Lines, LineTable

LEDGER = DataLocation(
    "ledger",
    "ledger",
    "nobody",
    "ids of what was erased, withdrawn, redacted or deleted, of agents and tokens that were shut out or have another "
    "role, of second factors, pictures and webhooks that changed, rights that roles lost, sites that were deleted, and "
    "what of a contact was corrected or merged, so that a restore does it again",
    paths=("keys/forgotten.ledger", "keys/.forgotten.ledger.part"),
)
NAME = "forgotten.ledger"
BEGUN = "begun"
"""Stands in the first line of a ledger that was shortened: it names the last entry that went, and its mark."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One action: its number from 1, when (ms), what was done, to which ids."""

    number: int
    at: int
    did: str
    what: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LedgerHead:
    """How far a ledger is: its last entry's number and mark, 0 and "" where it is empty."""

    number: int = 0
    mark: str = ""


class Ledger:
    """Entries, each marked with a keyed hash over itself and the mark before. Safe to use from several processes."""

    def __init__(self, lines: Lines, secret: bytes) -> None:
        self._lines, self._key = lines, derive(secret, "ledger")

    def enter(self, at: int, did: str, what: dict[str, Any]) -> None:
        """
        Bring an entry to the disk. Call it in the action's own transaction, last: an action that then fails is done
        again by a restore, one that was answered is never missing. Raises Unavailable, and the action must not go on.
        """

        def made(last: str) -> str:
            before = self._head(last)
            body = _written({"n": before.number + 1, "at": at, "did": did, "what": what})
            return f"{self._mark(before.mark, body)} {body}"

        self._lines.append(made)

    def entries(self) -> Iterator[LedgerEntry]:
        """Yield every entry that is kept, first to last. Raises Misconfigured where the chain does not hold."""
        for entry, _ in self._checked(self._lines.all()):
            if entry.did != BEGUN:
                yield entry

    def head(self) -> LedgerHead:
        """Return how far the ledger is."""
        return self._head(self._lines.last())

    def reaches(self, head: LedgerHead) -> bool:
        """Whether this ledger goes on from a head that was noted before. Raises Misconfigured where it is damaged."""
        marks = {entry.number: mark for entry, mark in self._checked(self._lines.all())}
        if self.gone() == 0:
            marks[0] = ""
        return marks.get(head.number) == head.mark

    def gone(self) -> int:
        """Return the number of the last entry that was dropped, 0 where none was."""
        first = next(self._checked(self._lines.all()), None)
        return first[0].number if first and first[0].did == BEGUN else 0

    def drop(self, before: int, now: int) -> int:
        """
        Drop the entries at the beginning that are older than `before` (ms), and return how many. Raises Misconfigured
        where one of them is damaged: that is evidence and stays.
        """
        dropped = 0

        def made(lines: Iterable[str]) -> tuple[int, str]:
            nonlocal dropped
            count, last, mark = 0, 0, ""
            for entry, its in self._checked(lines):
                if entry.did != BEGUN:
                    # Entries go from the beginning alone: one that is taken from the middle would break the chain for
                    # those after it.
                    if entry.at >= before:
                        break
                    dropped += 1
                count, last, mark = count + 1, entry.number, its
            if not dropped:
                return 0, ""
            body = _written({"n": last, "at": now, "did": BEGUN, "what": {"mark": mark}})
            return count, f"{self._mark('', body)} {body}"

        self._lines.shorten(made)
        return dropped

    def copy(self) -> str:
        """Return every line."""
        return "".join(f"{line}\n" for line in self._lines.all())

    def adopt(self, copied: str) -> None:
        """Fill an empty ledger with the lines of a copy. Raises Misconfigured where they are damaged."""
        for line in copied.splitlines():
            self._lines.append(partial(_copied, line))
        for _ in self._checked(self._lines.all()):
            pass

    def close(self) -> None:
        """Let go of file or connections."""
        self._lines.close()

    def _checked(self, lines: Iterable[str]) -> Iterator[tuple[LedgerEntry, str]]:
        """Yield each line with its mark, that of the last entry that went first where the ledger was shortened."""
        before = LedgerHead()
        for line in lines:
            mark, _, body = line.partition(" ")
            # Bytes, since compare_digest refuses text that is not ASCII, which a damaged line may hold.
            if not hmac.compare_digest(mark.encode(), self._mark(before.mark, body).encode()):
                raise Misconfigured(f"The ledger of erasures is damaged after entry {before.number}")
            said = json.loads(body)
            if said["did"] != BEGUN and said["n"] != before.number + 1:
                raise Misconfigured(f"The ledger of erasures lacks entry {before.number + 1}")
            before = _reached(said, mark)
            yield LedgerEntry(said["n"], said["at"], said["did"], said["what"]), before.mark

    def _head(self, line: str) -> LedgerHead:
        if not line:
            return LedgerHead()
        mark, _, body = line.partition(" ")
        try:
            return _reached(json.loads(body), mark)
        except (ValueError, KeyError) as error:
            raise Misconfigured("The ledger of erasures is damaged at its end") from error

    def _mark(self, before: str, body: str) -> str:
        return hmac.new(self._key, f"{before} {body}".encode(), sha256).hexdigest()


def open_ledger(keys_url: str, secret: bytes) -> Ledger:
    """Open the ledger that lies with the keys: a file beside theirs, or a table in their database."""
    if keys_url.startswith("file:"):
        return Ledger(LineFile(Path(unquote(urlsplit(keys_url).path)).with_name(NAME)), secret)
    return Ledger(LineTable(keys_url), secret)


def _reached(said: dict[str, Any], mark: str) -> LedgerHead:
    """Return how far a ledger is with a line."""
    return LedgerHead(said["n"], said["what"]["mark"] if said["did"] == BEGUN else mark)


def _copied(line: str, _last: str) -> str:
    return line


def _written(said: dict[str, Any]) -> str:
    return json.dumps(said, sort_keys=True, separators=(",", ":"))
