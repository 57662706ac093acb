"""How the bodies of requests are read: JSON as a type, or by the handler itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
from starlette.requests import Request

from chat.core.errors import InvalidField, UnknownParameter
from chat.web.bodies import whole

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
