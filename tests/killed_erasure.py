"""
The worker as `lethe worker --once` runs it, which kills itself so many seconds after it has opened, or at a write.
"""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from chat import worker
from chat.app import open_services
from chat.core.settings import from_env
from chat.features import sweeps
from chat.infra import logs
from chat.infra.services import Services
from chat.infra.store.tx import Tx

T = TypeVar("T")


def main() -> int:
    """
    Run every sweep once, and print how long it took. The argument is when to die, 0 for never; or, below 0, in which
    write, before it is committed.
    """
    asyncio.run(_work(float(sys.argv[1])))
    return 0


def _dies_in(services: Services, write: int) -> None:
    real, left = services.store.write, [write]

    async def dying(work: Callable[[Tx], T]) -> T:
        left[0] -= 1

        def last(tx: Tx) -> T:
            made = work(tx)
            os.kill(os.getpid(), signal.SIGKILL)
            return made

        return await real(work if left[0] else last)

    services.store.write = dying  # type: ignore[method-assign] # for as long as this process lasts


async def _work(after: float) -> None:
    settings = from_env()
    logs.configure("ERROR")
    async with open_services(settings) as services:
        if after < 0:
            _dies_in(services, round(-after))
        elif after:
            threading.Timer(after, os.kill, (os.getpid(), signal.SIGKILL)).start()
        begun = time.perf_counter()
        await worker.once(services, sweeps())
        print(time.perf_counter() - begun)
