"""
What holds two who change one thing from losing each other's change: a tag of the state that each has seen (RFC 9110,
8.8.3 and 13.1.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import msgspec

from chat.core.errors import ChangedMeanwhile

CHARS = 32


def tag_of(state: object) -> str:
    """
    Return the strong entity tag of a thing as it is given out, which JSON can say, quotes and all: equal states have
    equal tags.
    """
    return f'"{sha256(msgspec.json.encode(state)).hexdigest()[:CHARS]}"'


@dataclass(frozen=True, slots=True)
class Precondition:
    """In which states a thing may be changed: those with one of these `tags`, or any where there are none to show."""

    tags: frozenset[str] | None = None

    def require(self, state: object) -> None:
        """
        Raise ChangedMeanwhile, with the state as it is, unless it is one of those expected. Call it in the transaction
        that changes it, with the state locked.
        """
        if self.tags is not None and tag_of(state) not in self.tags:
            raise ChangedMeanwhile(current=state)


ANY = Precondition()


def precondition(header: str | None) -> Precondition:
    """
    Return what a header `If-Match` asks for. A weak tag is equal to none; `*`, as no header, is any state there is.
    """
    if header is None or header.strip() == "*":
        return ANY
    return Precondition(frozenset(each.strip() for each in header.split(",")))
