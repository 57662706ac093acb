"""How requests are read: a body as a type, and what every list takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
from starlette.requests import HTTPConnection, Request

from chat.core.errors import InvalidField, UnknownParameter
from chat.web.bodies import whole
from chat.web.parameters import number

FIELD_MOST = 40
PAGE, PAGE_MOST = 50, 200
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


async def body_of(request: Request, kind: Any) -> Any:
    """Read a JSON body as `kind` (a msgspec type). Raises InvalidField, naming the field, or TooLarge, TooSlow."""
    raw = await whole(request)
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


def limit_of(request: HTTPConnection) -> int:
    """Return how many entries of a list are asked for. Raises InvalidField."""
    return number(request.query_params.get("limit", str(PAGE)), "limit", 1, PAGE_MOST)


def standard_of(request: HTTPConnection) -> bool:
    """Tell whether receipts are asked for in the terms of the standard, `?format=ts27560`. Raises InvalidField."""
    asked = request.query_params.get("format", "lethe")
    if asked not in {"lethe", "ts27560"}:
        raise InvalidField("A format is lethe or ts27560", field="format")
    return asked == "ts27560"
