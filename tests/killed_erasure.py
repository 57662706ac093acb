"""The worker as `lethe worker --once` runs it, which kills itself so many seconds after it has opened."""

import asyncio
import os
import signal
import sys
import threading
import time

from chat import worker
from chat.app import open_services
from chat.core.settings import from_env
from chat.features import sweeps
from chat.infra import logs


def main() -> int:
    """Run every sweep once, and print how long it took; the one argument is when to die, 0 for never."""
    asyncio.run(_work(float(sys.argv[1])))
    return 0


async def _work(after: float) -> None:
    settings = from_env()
    logs.configure("ERROR")
    async with open_services(settings) as services:
        if after:
            threading.Timer(after, os.kill, (os.getpid(), signal.SIGKILL)).start()
        begun = time.perf_counter()
        await worker.once(services, sweeps())
        print(time.perf_counter() - begun)
