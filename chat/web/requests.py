"""
What a request brings: the parameters of its query, of which each endpoint declares those it takes and any other is
refused, and its body, no longer than it may be, at a pace, and as a type.

A program that filters by a name misspelt, and then deletes what it got, must not get everything.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Generic, TypeVar, get_args
from urllib.parse import parse_qsl

import msgspec
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request

from chat.core.errors import InvalidField, TooLarge, TooSlow, UnknownParameter
from chat.core.repeated import repeated

T = TypeVar("T")
W = TypeVar("W", bound=str)

BIGGEST = 2**31 - 1
# `int` alone reads the digits of every script, blanks and underscores, and takes long over many.
DIGITS = re.compile(r"[0-9]{1,10}")
UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Parameter(Generic[T]):
    """
    A parameter of a query.

    `read` makes a value of what was given for the name, or raises InvalidField. `default` is the value where nothing
    was. `schema` says to programs what may be given, as JSON Schema does.
    """

    name: str
    read: Callable[[str, str], T]
    default: T
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"}, hash=False)

    def of(self, query: Mapping[str, str]) -> T:
        """Return its value in a query. Raises InvalidField."""
        return self.read(query[self.name], self.name) if self.name in query else self.default


def text(name: str) -> Parameter[str]:
    """Return a parameter that is any text, "" where it is not given."""
    return Parameter(name, lambda value, _: value, "")


def optional(name: str) -> Parameter[str | None]:
    """Return a parameter that is any text, None where it is not given."""
    return Parameter(name, lambda value, _: value, None)


def flag(name: str) -> Parameter[bool]:
    """Return a parameter that says yes by being there."""
    return Parameter(name, lambda _, __: True, default=False)


def choice(name: str, usual: W, *others: W, refusal: str) -> Parameter[W]:
    """Return a parameter that is one of some words. `refusal` says which to who gave another."""
    words = {str(each): each for each in (usual, *others)}

    def read(value: str, name: str) -> W:
        if value not in words:
            raise InvalidField(refusal, field=name)
        return words[value]

    return Parameter(name, read, usual, {"type": "string", "enum": [*words], "default": usual})


def switch(name: str) -> Parameter[bool]:
    """Return a parameter that is `true` or `false`, which it is where it is not given."""
    return Parameter(name, truth, default=False, schema={"type": "boolean", "default": False})


def check(query: str, names: Iterable[str]) -> None:
    """Raise UnknownParameter for a parameter that is none of `names`, InvalidField for one that is given twice."""
    seen = set()
    for name, _ in parse_qsl(query, keep_blank_values=True):
        if name not in names:
            raise UnknownParameter("This address takes no such parameter", field=name)
        if name in seen:
            # Programs differ in which of two they heed, so neither is guessed.
            raise InvalidField("Give this once", field=name)
        seen.add(name)


def number(value: str, field: str, least: int = 0, most: int = BIGGEST) -> int:
    """Return a number of a path, query or form. Raises InvalidField, whatever the value is."""
    if not DIGITS.fullmatch(value) or not least <= int(value) <= most:
        raise InvalidField(f"This is a number from {least} to {most}", field=field)
    return int(value)


def truth(value: str, field: str) -> bool:
    """Read `true` or `false`. Raises InvalidField for anything else."""
    if value not in {"true", "false"}:
        raise InvalidField("Say true or false", field=field)
    return value == "true"


def uid(value: str, field: str) -> str:
    """Return an id as they are written here. Raises InvalidField."""
    if not UID.fullmatch(value):
        raise InvalidField("This is not an id", field=field)
    return value


def client_id(given: str) -> str:
    """Return the id that a program made for what it adds, in small letters, or "". Raises InvalidField."""
    return uid(given.lower(), "id") if given else ""


class Number(Convertor[int]):
    """A number in a path. A longer one than any of ours is at no address."""

    regex = DIGITS.pattern

    def convert(self, value: str) -> int:
        """Read it."""
        return int(value)

    def to_string(self, value: int) -> str:
        """Write it."""
        return str(value)


register_url_convertor("int", Number())


BODY_MOST = 256 * 1024
PATIENCE, LEAST_RATE = 15.0, 16 * 1024
"""A body may be late by so many seconds behind so many bytes a second."""


async def whole(request: Request) -> bytes:
    """Return a body. Raises TooLarge, TooSlow."""
    pieces, read = [], 0
    async for chunk in paced(request.stream()):
        read += len(chunk)
        if read > BODY_MOST:
            raise TooLarge(f"A body holds at most {BODY_MOST} bytes")
        pieces.append(chunk)
    return b"".join(pieces)


async def paced(coming: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield what comes while it keeps pace. Raises TooSlow."""
    begun, read = monotonic(), 0
    while True:
        late = begun + PATIENCE + read / LEAST_RATE - monotonic()
        try:
            async with asyncio.timeout(max(0.0, late)):
                chunk = await anext(coming)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise TooSlow("This came too slowly, and none of it was kept; send it again") from None
        read += len(chunk)
        yield chunk


FIELD_MOST = 40
B = TypeVar("B")


@dataclass(frozen=True)
class Unread(Generic[B]):
    """A JSON body that the handler reads itself, after checks of its own that come first."""

    request: Request
    type: type[B]

    async def read(self) -> B:
        """Read it. Raises InvalidField, naming the place, or TooLarge, TooSlow."""
        made: B = await body_of(self.request, self.type)
        return made


class Multipart:
    """A body of `multipart/form-data` with one part named `file`, which the handler reads as it comes."""


def is_optional(kind: object) -> bool:
    """Whether a body of this type may be left out."""
    return type(None) in get_args(kind)


async def body_of(request: Request, kind: Any) -> Any:
    """
    Read a JSON body as `kind` (a msgspec type), None where there is none and that is one of its kinds. Raises
    InvalidField, naming the field, or TooLarge, TooSlow.
    """
    raw = await whole(request)
    if not raw and is_optional(kind):
        return None
    made = _decoded(raw, kind)
    try:
        twice = repeated(raw)
    except (ValueError, RecursionError):
        raise InvalidField("The body is not JSON", field="body") from None
    if twice is not None:
        raise InvalidField("Give each field once", field=twice[:FIELD_MOST])
    return made


def _decoded(raw: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        said, _, where = str(error).partition(" - at `$.")
        named = where.rstrip("`") or said.partition("field `")[2].rstrip("`")
        if "unknown field" in said:
            raise UnknownParameter("There is no such field", field=said.partition("field `")[2].rstrip("`")) from None
        raise InvalidField(said, field=named[:FIELD_MOST] or "body") from None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise InvalidField("The body is not JSON", field="body") from None
