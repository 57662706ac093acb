"""The filters of the accounts: the shipped prior and what an account's agents taught, in memory and as a file."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from chat.crypt import derive
from chat.places import Field, Place
from spam import Filter, Label, Taught

LEARNT = Place(
    "learnt",
    "file",
    "contact",
    "to tell spam from what people ask: how often each hashed feature was marked",
    "training labels",
    (Field("counts", "classification", "spam_training", "consent"),),
)


class Filters:
    """One filter an account; what was never taught is scored by the prior alone."""

    def __init__(self, prior: Filter, secret: bytes, folder: Path) -> None:
        self.prior, self._secret, self._folder = prior, secret, folder
        self.turn = asyncio.Lock()  # or a contact read before a deletion could be put after it
        self._taught: dict[str, Taught] = {}

    def of(self, account_id: str) -> Filter:
        """Return what scores an account's messages."""
        return self._taught.get(account_id, self.prior)

    def taught(self, account_id: str) -> Taught:
        """Return an account's own filter; its features are hashed under a key that is the server's and its own."""
        if account_id not in self._taught:
            self._taught[account_id] = Taught(self.prior, derive(self._secret, f"spam/{account_id}"))
        return self._taught[account_id]

    def put(self, account_id: str, contact_id: int, labels: Mapping[tuple[int, int], Label]) -> None:
        """Say what the labels of a contact are now; with none, all that was learnt of them is gone at once."""
        if labels or account_id in self._taught:
            self.taught(account_id).marks.put(contact_id, labels)

    def forget_words(self) -> None:
        """Drop the words that scoring remembers, whose they are is not known; what was learnt stays."""
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
        """Bring an account's file to what is in memory, all or nothing; return whether it was another."""
        path, known = self.path(account_id), self.taught(account_id)
        if known.marks.empty:
            there = path.exists()
            path.unlink(missing_ok=True)
            return there
        data = known.to_bytes()
        if path.exists() and path.read_bytes() == data:
            return False
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        known.save(path)
        return True

    def accounts(self) -> set[str]:
        """Return every account that taught, or has a file."""
        return {*self._taught, *(path.stem for path in self._folder.glob("*.filter"))}
