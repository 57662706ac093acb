"""Locking a file against other processes, for no longer than a while."""

from __future__ import annotations

import fcntl
import time

PATIENCE = 20.0
FIRST, LONGEST = 0.001, 0.05


def lock(file: int, seconds: float = PATIENCE) -> None:
    """
    Lock an open file for this process alone. Closing it, or `fcntl.flock(file, fcntl.LOCK_UN)`, unlocks it.

    Raises TimeoutError, an OSError, where another holds it for longer than `seconds`. It asks again and again, as the
    system's own call waits for ever.
    """
    limit, pause = time.monotonic() + seconds, FIRST
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > limit:
                raise TimeoutError(f"another process has held the file for {seconds} s") from None
        else:
            return
        time.sleep(pause)
        pause = min(pause * 2, LONGEST)
