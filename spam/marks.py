"""What a filter learns from marks: whole numbers alone, so that taking a contact out is exact, in any order.

What a contact adds is a function of the contact's own labels and of nothing else: no feature, and no number of texts,
counts more than `MOST` times for one contact, however many marks there are (whoever writes a lot teaches little).
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Final, NamedTuple

MOST: Final = 5  # of one contact's texts of a kind, whatever their number
SPAM: Final = 1 << 32  # a count holds both kinds: spam above these bits, ham below
HAM: Final = 1
TEXTS: Final = -1  # the number under which the texts themselves are counted


class Label(NamedTuple):
    """A text's distinct features as numbers, and whether it is spam."""

    numbers: array[int]
    spam: bool


class NeverLearntError(LookupError):
    """Something is to be unlearnt that was never learnt. Nothing was changed."""


class Marks:
    """The labels of every contact, and their counts. `counts` is a function of the labels alone."""

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}
        self.changes = 0  # how often anything was said
        self._labels: dict[Hashable, dict[Hashable, Label]] = {}

    @property
    def texts(self) -> tuple[int, int]:
        """How many texts of ham and of spam count."""
        return halves(self.counts.get(TEXTS, 0))

    @property
    def empty(self) -> bool:
        """Whether nothing was learnt."""
        return not self.counts

    def of(self, contact: Hashable) -> Mapping[Hashable, Label]:
        """Return a contact's labels."""
        return self._labels.get(contact, {})

    def everybody(self) -> list[tuple[Hashable, Mapping[Any, Label]]]:
        """Return every contact with labels, and these."""
        return list(self._labels.items())

    def learn(self, contact: Hashable, text: Hashable, numbers: Iterable[int], *, spam: bool) -> None:
        """Learn a text of a contact. The same text again takes the place of what was said of it before."""
        label = Label(array("I", sorted(set(numbers))), spam)
        self.put(contact, {**self._labels.get(contact, {}), text: label})

    def unlearn(self, contact: Hashable, text: Hashable) -> None:
        """Take back a mark. Raises NeverLearntError."""
        known = self._labels.get(contact, {})
        if text not in known:
            raise NeverLearntError("this text was never learnt")
        self.put(contact, {each: label for each, label in known.items() if each != text})

    def forget(self, contact: Hashable) -> int:
        """Take out all that a contact added, and return how many labels that were, 0 for somebody never met."""
        known = self._labels.get(contact, {})
        self.put(contact, {})
        return len(known)

    def put(self, contact: Hashable, labels: Mapping[Any, Label]) -> None:
        """Say what a contact's labels are now, whatever they were."""
        change = share(labels.values())
        change.subtract(share(self._labels.pop(contact, {}).values()))
        self.changes += 1
        if labels:
            self._labels[contact] = dict(labels)
        for number, more in change.items():
            count = self.counts.get(number, 0) + more
            if count:
                self.counts[number] = count
            else:
                # No count of nothing is left: after an erasure the file is, to the byte, as if the contact had never
                # been.
                self.counts.pop(number, None)


def halves(count: int) -> tuple[int, int]:
    """Return how much ham and how much spam a count holds."""
    spam, ham = divmod(count, SPAM)
    return ham, spam


def share(labels: Iterable[Label]) -> Counter[int]:
    """Return what a contact's labels add to each count."""
    both: Counter[int] = Counter()
    for spam, one in ((True, SPAM), (False, HAM)):
        seen: Counter[int] = Counter()
        for label in labels:
            if label.spam is spam:
                seen.update(label.numbers)
                seen[TEXTS] += 1
        for number, count in seen.items():
            both[number] += min(count, MOST) * one
    return both
