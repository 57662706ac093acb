"""What the lists of REST share: cursors, pages, truths in a query."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec
from starlette.responses import Response

from chat.errors import InvalidField
from chat.web.doors import JSON


def truth(value: str, field: str) -> bool:
    """Read `true` or `false`; InvalidField for anything else."""
    if value not in {"true", "false"}:
        raise InvalidField("Say true or false", field=field)
    return value == "true"


def cursor_of(value: str | None, length: int) -> Any:
    """Read a cursor of so many numbers, None where there is none; InvalidField where it is not one of ours."""
    if not value:
        return None
    try:
        numbers = msgspec.json.decode(base64.urlsafe_b64decode(value), type=tuple[int, ...])
    except (binascii.Error, msgspec.MsgspecError, ValueError):
        numbers = ()
    if len(numbers) != length:
        raise InvalidField("This cursor is not one of ours; begin without", field="cursor")
    return numbers


def listed(items: list[Any], after: tuple[int, ...] | None) -> Response:
    """Answer a page of a list; `after` is where the next one begins, None at the end."""
    cursor = None if after is None else base64.urlsafe_b64encode(msgspec.json.encode(after)).decode()
    return JSON({"items": items, "next": cursor})
