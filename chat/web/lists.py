"""What the lists of REST share: how many entries are asked for, where a page begins, and the page itself."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

import msgspec
from msgspec import Struct

from chat.core.errors import InvalidField
from chat.web.requests import UID, Parameter, number

PAGE, PAGE_MOST = 50, 200
I = TypeVar("I")  # noqa: E741 - an item


class Listed(Struct, Generic[I], frozen=True):
    """A page of a list. `next` is the cursor of the one after it, None at the end."""

    items: list[I]
    next: str | None = None


LIMIT: Parameter[int] = Parameter(
    "limit",
    lambda value, name: number(value, name, 1, PAGE_MOST),
    PAGE,
    {"type": "integer", "minimum": 1, "maximum": PAGE_MOST, "default": PAGE},
)


def cursor(length: int) -> Parameter[tuple[int, ...] | None]:
    """Return the parameter of a cursor of so many numbers, None where there is none."""
    return Parameter("cursor", lambda value, _: numbers_of(value, length), None)


def numbers_of(value: str | None, length: int) -> tuple[int, ...] | None:
    """Read a cursor of so many numbers, None where there is none. Raises InvalidField where it is not one of ours."""
    if not value:
        return None
    try:
        numbers = msgspec.json.decode(base64.urlsafe_b64decode(value), type=tuple[int, ...])
    except (binascii.Error, msgspec.MsgspecError, ValueError):
        numbers = ()
    if len(numbers) != length:
        raise _not_ours()
    return numbers


def _uid_cursor(value: str, _: str) -> str | None:
    if value and not UID.fullmatch(value):
        raise _not_ours()
    return value or None


CURSOR = cursor(1)
UID_CURSOR: Parameter[str | None] = Parameter("cursor", _uid_cursor, None)


def _not_ours() -> InvalidField:
    return InvalidField("This cursor is not one of ours; begin without", field="cursor")


def cursor_in(after: tuple[int, ...] | None) -> str | None:
    """Return a position in a list as a cursor, None where there is none."""
    return None if after is None else base64.urlsafe_b64encode(msgspec.json.encode(after)).decode()


def listed(items: list[I], after: tuple[int, ...] | None) -> Listed[I]:
    """Return a page of a list. `after` is where the next one begins, None at the end."""
    return Listed(items, cursor_in(after))


class HasId(Protocol):
    """What has an id, by which a list is in order."""

    @property
    def id(self) -> str:
        """Its id."""


N = TypeVar("N", bound=HasId)


def listed_behind(every: Sequence[N], after: str | None, limit: int) -> Listed[N]:
    """Return the page behind an id, of a list that is short enough to be read whole."""
    rest = [each for each in every if each.id > (after or "")]
    return Listed(rest[:limit], rest[limit - 1].id if len(rest) > limit else None)
