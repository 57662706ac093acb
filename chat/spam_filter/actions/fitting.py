"""Fitting heads and writing reports, in a process of its own where it is heavy: this one answers people meanwhile."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable

import structlog

from chat.core.errors import Unavailable
from spam import fitting
from spam.fitting import Fitted, Job

log = structlog.get_logger("chat.filter")
SMALL = 200  # labels; a process takes half a second to start
LINE = 1 << 28
TellProgress = Callable[[float], Awaitable[None]]


async def fit(job: Job, tell: TellProgress | None = None) -> list[Fitted]:
    """Carry out a job. `tell` hears how much is done. Raises Unavailable where its process dies."""
    if len(job.examples) <= SMALL:
        return await asyncio.to_thread(fitting.run, job)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "spam.fitting"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,  # a traceback may hold what somebody wrote
        limit=LINE,
    )
    try:
        # Beside the reading: a job is larger than a pipe, and a process that is not read from stops reading, too.
        asked = asyncio.create_task(_ask(process, job))
        made = await _answers(process, tell)
        await asked
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    if made is None:
        log.warning("fitting died", status=process.returncode)
        raise Unavailable("The retraining's process ended before it was done; it begins again")
    return made


async def _ask(process: asyncio.subprocess.Process, job: Job) -> None:
    if process.stdin is None:
        return
    try:
        process.stdin.write(await asyncio.to_thread(fitting.packed, job))
        await process.stdin.drain()
        process.stdin.close()
    except ConnectionError:
        return  # it died; its answer says so


async def _answers(process: asyncio.subprocess.Process, tell: TellProgress | None) -> list[Fitted] | None:
    """Read its lines: how far it is, and at the end what it made. Return None where it never came to that."""
    if process.stdout is None:
        return None
    async for line in process.stdout:
        if line.startswith(b'{"fitted"'):
            return await asyncio.to_thread(fitting.result, line)
        if tell is not None:
            await tell(json.loads(line)["done"])
    return None
