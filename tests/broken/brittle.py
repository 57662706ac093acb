"""Reads numbers as Python does, which ends at 4,300 digits, and leaves ten tasks behind for each readiness."""

import asyncio
import sys
from typing import Any

from chat.web import lists, server
from chat.web.endpoint import Ask
from tests.fuzz import server as watched

_left: set[asyncio.Task[Any]] = set()
readyz = server.readyz.handler
main = watched.main


def number(value: str, *_: object) -> int:
    """Read it."""
    return int(value)


async def leaving(ask: Ask[None]) -> Any:
    """Answer, and leave tasks behind."""
    _left.update(asyncio.create_task(asyncio.sleep(1000)) for _ in range(10))
    return await readyz(ask)


lists.number = number  # type: ignore[attr-defined, assignment] # that is the fault
leaving.__module__ = server.__name__  # a module serves only what is its own
object.__setattr__(server.readyz, "handler", leaving)

if __name__ == "__main__":
    sys.exit(main())
