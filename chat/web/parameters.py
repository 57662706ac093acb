"""
What a request may ask for beside its path: each endpoint declares the parameters it takes, and any other is refused.

A program that filters by a name misspelt, and then deletes what it got, must not get everything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl

from starlette.convertors import Convertor, register_url_convertor

from chat.core.errors import InvalidField, UnknownParameter

T = TypeVar("T")
W = TypeVar("W", bound=str)

BIGGEST = 2**31 - 1
DIGITS = re.compile(r"[0-9]{1,10}")
UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Parameter(Generic[T]):
    """
    A parameter of a query.

    `read` makes a value of what was given for the name, or raises InvalidField; `default` is the value where nothing
    was; `schema` says to programs what may be given, as JSON Schema does.
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
    """Return a parameter that is one of some words; `refusal` says which to who gave another."""
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
            raise InvalidField("Give this once", field=name)
        seen.add(name)


def number(value: str, field: str, least: int = 0, most: int = BIGGEST) -> int:
    """Return a number of a path, query or form. Raises InvalidField, whatever the value is."""
    if not DIGITS.fullmatch(value) or not least <= int(value) <= most:
        raise InvalidField(f"This is a number from {least} to {most}", field=field)
    return int(value)


def truth(value: str, field: str) -> bool:
    """Read `true` or `false`; InvalidField for anything else."""
    if value not in {"true", "false"}:
        raise InvalidField("Say true or false", field=field)
    return value == "true"


def uid(value: str, field: str) -> str:
    """Return an id as they are written here. Raises InvalidField."""
    if not UID.fullmatch(value):
        raise InvalidField("This is not an id", field=field)
    return value


class Number(Convertor[int]):
    """A number in a path; what is longer than any of ours is at no address."""

    regex = DIGITS.pattern

    def convert(self, value: str) -> int:
        """Read it."""
        return int(value)

    def to_string(self, value: int) -> str:
        """Write it."""
        return str(value)


register_url_convertor("int", Number())
