"""Bodies as they come in: whole, no longer than they may be, and at a pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from time import monotonic

from starlette.requests import Request

from chat.core.errors import TooLarge, TooSlow

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
