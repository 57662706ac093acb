"""Lethe's command line, which on SIGUSR1 also notes its tasks and open files: what a fuzzed server must not gather."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from chat.__main__ import main as main  # noqa: PLC0414 - for servers that are broken on purpose


def note(_: int, __: FrameType | None) -> None:
    """Write how many tasks and open files there are, as one line."""
    tasks, files = len(asyncio.all_tasks(asyncio.get_running_loop())), len(list(Path("/proc/self/fd").iterdir()))
    os.write(2, f"GATHERED {tasks} {files}\n".encode())


signal.signal(signal.SIGUSR1, note)

if __name__ == "__main__":
    sys.exit(main())
