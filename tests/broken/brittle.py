"""Reads numbers as Python does, which ends at 4,300 digits; and leaves a task behind for each readiness asked for."""

import asyncio
import sys
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from chat.web import requests, server
from tests.fuzz import server as watched

_left: set[asyncio.Task[Any]] = set()
readyz = server.readyz


def number(value: str, *_: object) -> int:
    """Read it."""
    return int(value)


async def leaving(request: Request) -> Response:
    """Answer, and leave a task behind."""
    _left.add(asyncio.create_task(asyncio.sleep(1000)))
    return await readyz(request)


requests.number = number  # type: ignore[attr-defined, assignment] # that is the fault
server.readyz = leaving

if __name__ == "__main__":
    sys.exit(watched.main())
