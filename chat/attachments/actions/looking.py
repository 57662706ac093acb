"""
Having a stranger's file looked at: in a process of its own that ends with it, two at a time and in turns, never on the
loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process

import structlog

from chat.attachments.domain import looking
from chat.attachments.domain.looking import Looked
from chat.core.errors import InvalidField, Unavailable
from chat.core.turns import Sender
from chat.infra.services import Services

log = structlog.get_logger("chat.files")
WAIT = 60.0  # seconds in the queue
# What a file brings upon its own process. Any other end is not the file's doing, and it may be sent again.
BY_THE_FILE = {-signal.SIGXCPU, -signal.SIGSEGV, -signal.SIGBUS, -signal.SIGABRT, -signal.SIGFPE, -signal.SIGILL}


class Stopped(InvalidField):
    """A file took more work than a file may."""


async def look(services: Services, sender: Sender, data: bytes, *how: str) -> Looked:
    """
    Return what a file is, an image drawn anew; `how` is told to the program. Raises InvalidField; Stopped, from when on
    its sender's come last. Raises Unavailable where it may be sent again.
    """
    try:
        async with services.looking.of(sender, WAIT):
            status, answer = await _asked(data, *how)
    except TimeoutError:
        raise Unavailable("Many files are being looked at; send this one again in a minute", retry_after=60) from None
    if status == 0:
        return await asyncio.to_thread(looking.unpacked, answer, data)
    log.info("file stopped", status=status)
    if status in BY_THE_FILE:
        services.looking.blame(sender)
        raise Stopped("This file takes too much work to be looked at; send it in another form", field="file")
    raise Unavailable("The file could not be looked at; send it again", retry_after=10)


async def _asked(data: bytes, *how: str) -> tuple[int, bytes]:
    """Run the program on a file, and return its status and what it said. None is left running, whatever happens."""
    process = await asyncio.create_subprocess_exec(
        *looking.COMMAND,
        *how,
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,  # a traceback may hold what somebody sent
        env=looking.ENVIRON,
        start_new_session=True,  # Ctrl-C is for the server
    )
    try:
        async with asyncio.timeout(looking.WALL_SECONDS + 5):
            _, answer = await asyncio.gather(_tell(process, data), _answer(process))
            return await process.wait(), answer
    except TimeoutError:
        return -signal.SIGALRM, b""
    finally:
        await _end(process)


async def _tell(process: Process, data: bytes) -> None:
    if process.stdin is None:
        return
    with contextlib.suppress(ConnectionError):  # it ended before it had read all; its status says why
        process.stdin.write(data)
        await process.stdin.drain()
    process.stdin.close()


async def _answer(process: Process) -> bytes:
    """Return what the program says, nothing where it is more than it may say."""
    said, most = bytearray(), looking.HEAD_MOST + looking.MADE_MOST
    while process.stdout is not None and (piece := await process.stdout.read(1 << 18)):
        if len(said) + len(piece) > most:
            _kill(process)
            continue
        said += piece
    return bytes(said)


async def _end(process: Process) -> None:
    _kill(process)
    if process.stdout is not None:
        await process.stdout.read()  # a pipe that is left full would never be seen to end
    await process.wait()


def _kill(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        if process.returncode is None:
            process.kill()
