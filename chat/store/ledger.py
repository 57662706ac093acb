"""
What was taken away, on record outside the database: a restore reads here what it must take away again.

It lies with the keys, so it outlives the database. Ids only. A line is on disk before the deed that it names is
committed, so nothing that was answered is missing; each is bound to the one before it, so none can be left out.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from chat.crypt import derive
from chat.errors import Misconfigured
from chat.places import Place
from chat.store.lines import LineFile, Lines, LineTable

LEDGER = Place(
    "ledger",
    "ledger",
    "nobody",
    "ids of what was erased, withdrawn, redacted or deleted, and of agents and tokens that were shut out, so that a "
    "restore does it again",
    paths=("keys/forgotten.ledger",),
)
NAME = "forgotten.ledger"


@dataclass(frozen=True, slots=True)
class Entry:
    """One deed: its number from 1, when (ms), what was done, to which ids."""

    number: int
    at: int
    did: str
    what: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    """How far a ledger is: its last entry's number and mark; 0 and nothing where it is empty."""

    number: int = 0
    mark: str = ""


class Ledger:
    """Entries, each marked with a keyed hash over itself and the mark before. Safe to use from several processes."""

    def __init__(self, lines: Lines, secret: bytes) -> None:
        self._lines, self._key = lines, derive(secret, "ledger")

    def enter(self, at: int, did: str, what: dict[str, Any]) -> None:
        """
        Bring an entry to the disk. Call it in the deed's own transaction, last: a deed that then fails is done again by
        a restore, one that was answered is never missing. Raises Unavailable, and the deed must not go on.
        """

        def made(last: str) -> str:
            before = self._head(last)
            body = _written({"n": before.number + 1, "at": at, "did": did, "what": what})
            return f"{self._mark(before.mark, body)} {body}"

        self._lines.append(made)

    def entries(self) -> Iterator[Entry]:
        """Yield every entry, first to last. Raises Misconfigured where the chain does not hold."""
        for entry, _ in self._checked():
            yield entry

    def head(self) -> Head:
        """Return how far the ledger is."""
        return self._head(self._lines.last())

    def reaches(self, head: Head) -> bool:
        """Whether this ledger goes on from a head that was noted before. Raises Misconfigured where it is damaged."""
        marks = {entry.number: mark for entry, mark in self._checked()}
        return head.number == 0 or marks.get(head.number) == head.mark

    def copy(self) -> str:
        """Return every line."""
        return "".join(f"{line}\n" for line in self._lines.all())

    def adopt(self, copied: str) -> None:
        """Fill an empty ledger with the lines of a copy. Raises Misconfigured where they are damaged."""
        for line in copied.splitlines():
            self._lines.append(lambda _, line=line: line)  # type: ignore[misc] # bound now
        for _ in self._checked():
            pass

    def close(self) -> None:
        """Let go of file or connections."""
        self._lines.close()

    def _checked(self) -> Iterator[tuple[Entry, str]]:
        before = Head()
        for line in self._lines.all():
            mark, _, body = line.partition(" ")
            if not hmac.compare_digest(mark.encode(), self._mark(before.mark, body).encode()):
                raise Misconfigured(f"The ledger of erasures is damaged after entry {before.number}")
            said = json.loads(body)
            if said["n"] != before.number + 1:
                raise Misconfigured(f"The ledger of erasures lacks entry {before.number + 1}")
            before = Head(said["n"], mark)
            yield Entry(said["n"], said["at"], said["did"], said["what"]), mark

    def _head(self, line: str) -> Head:
        if not line:
            return Head()
        mark, _, body = line.partition(" ")
        try:
            return Head(json.loads(body)["n"], mark)
        except (ValueError, KeyError) as error:
            raise Misconfigured("The ledger of erasures is damaged at its end") from error

    def _mark(self, before: str, body: str) -> str:
        return hmac.new(self._key, f"{before} {body}".encode(), sha256).hexdigest()


def open_ledger(keys_url: str, secret: bytes) -> Ledger:
    """Open the ledger that lies with the keys: a file beside theirs, or a table in their database."""
    if keys_url.startswith("file:"):
        return Ledger(LineFile(Path(unquote(urlsplit(keys_url).path)).with_name(NAME)), secret)
    return Ledger(LineTable(keys_url), secret)


def _written(said: dict[str, Any]) -> str:
    return json.dumps(said, sort_keys=True, separators=(",", ":"))
