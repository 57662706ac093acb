"""The filters of the accounts: the shipped prior and what an account's agents taught, in memory and as a file."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from chat.core.crypt import derive
from chat.core.locations import DataLocation, Field
from spam import Filter, Label, Marks, Taught, modelfile
from spam.head import HELD, ScoringHead

LEARNT = DataLocation(
    "learnt",
    "file",
    "contact",
    "to tell spam from what people ask: how often each hashed feature was marked",
    "training",
    (Field("counts", "classification", "spam_training", "consent"),),
    ("filters/*",),
)
VERSIONS = DataLocation(
    "versions",
    "file",
    "contact",
    "to go back to an earlier filter, and to see how each does: counts over what was marked until then",
    "training",
    (Field("counts", "classification", "spam_training", "consent"),),
    ("filters/versions/*",),
)


class Filters:
    """One filter an account. An account that was never taught is scored by the prior alone."""

    def __init__(self, prior: Filter, secret: bytes, folder: Path) -> None:
        self.prior, self._secret, self._folder = prior, secret, folder
        self.turn = asyncio.Lock()  # or a contact read before a deletion could be put after it
        self._taught: dict[str, Taught] = {}
        self.given: dict[str, int] = {}
        self._led: dict[str, tuple[ScoringHead | None, float]] = {}

    @cached_property
    def sign(self) -> str:
        """What tells the prior that serves from another."""
        return sha256(self.prior.to_bytes()).hexdigest()[:16]

    def key(self, account_id: str) -> bytes:
        """Return the key under which an account's features are hashed."""
        return derive(self._secret, f"spam/{account_id}")

    def lead(self, account_id: str, head: ScoringHead | None, held: float) -> None:
        """Score an account's messages by this head from now on, or (None) by one that follows the labels."""
        before = self._led.get(account_id, (None, HELD))
        self._led[account_id] = head, held
        known = self._taught.get(account_id)
        if known is not None and before != (head, held):
            self._taught[account_id] = self._led_by(account_id, known.marks)

    def settle(self) -> None:
        """Let every filter whose head follows the labels do so."""
        for each in list(self._taught.values()):
            each.settle()

    def of(self, account_id: str) -> Filter:
        """Return what scores an account's messages."""
        return self._taught.get(account_id, self.prior)

    def taught(self, account_id: str) -> Taught:
        """Return an account's own filter. Its features are hashed under a key that is the server's and its own."""
        if account_id not in self._taught:
            self._taught[account_id] = self._led_by(account_id, Marks())
        return self._taught[account_id]

    def _led_by(self, account_id: str, marks: Marks) -> Taught:
        head, held = self._led.get(account_id, (None, HELD))
        made = Taught(self.prior, self.key(account_id), marks, head)
        if head is None and held != HELD:
            made.aim(held)
        return made

    def put(self, account_id: str, contact_id: int, labels: Mapping[tuple[int, int], Label]) -> None:
        """Say what the labels of a contact are now. With none, all that was learnt of them is gone at once."""
        if labels or account_id in self._taught:
            self.taught(account_id).marks.put(contact_id, labels)

    def anew(self, account_id: str, labels: Mapping[int, Mapping[tuple[int, int], Label]]) -> None:
        """
        Say what all the labels of an account are now, by contact. Whatever else was learnt is gone, and what the
        operator gave is to be given again.
        """
        self._taught.pop(account_id, None)
        self.given.pop(account_id, None)
        for contact_id, theirs in labels.items():
            self.put(account_id, contact_id, theirs)

    def give(self, account_id: str, texts: Mapping[int, Label]) -> None:
        """Learn what the operator gave, each text as if by somebody who said nothing else."""
        self.given[account_id] = len(texts)
        for number, each in texts.items():
            self.taught(account_id).marks.put(("given", number), {(0, number): each})

    def forget_words(self) -> None:
        """Drop the words that scoring remembers: nobody knows whose they are. The labels' counts stay."""
        for each in (self.prior, *self._taught.values()):
            each.forget()

    def learnt_of(self, account_id: str, contact_id: int) -> int:
        """Return how many labels of a contact count."""
        known = self._taught.get(account_id)
        return 0 if known is None else len(known.marks.of(contact_id))

    def path(self, account_id: str) -> Path:
        """Return where an account's filter is kept; no file where nothing was learnt."""
        return self._folder / f"{account_id}.filter"

    def write(self, account_id: str) -> bool:
        """Bring an account's file to what is in memory, all or nothing, and return whether it was another."""
        known = self.taught(account_id)
        return self._put(self.path(account_id), None if known.marks.empty else known.to_bytes())

    def version_path(self, run_id: str) -> Path:
        """Return where a version is kept; no file where nothing was learnt."""
        return self._folder / "versions" / f"{run_id}.filter"

    def write_version(self, run_id: str, known: Taught) -> str | None:
        """
        Bring a version's file to what it is, and return its hash, None where nothing was learnt and there is none.
        """
        data = None if known.marks.empty else known.to_bytes()
        self._put(self.version_path(run_id), data)
        return None if data is None else sha256(data).hexdigest()

    def _put(self, path: Path, data: bytes | None) -> bool:
        if data is None:
            there = path.exists()
            path.unlink(missing_ok=True)
            return there
        # The sweep asks for every account each minute: what is the same is not written again.
        if path.exists() and path.read_bytes() == data:
            return False
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        modelfile.write(path, data)
        return True

    def accounts(self) -> set[str]:
        """Return every account that taught, or has a file."""
        return {*self._taught, *(path.stem for path in self._folder.glob("*.filter"))}
