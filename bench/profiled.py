"""Runs ``lethe`` with every thread under cProfile: ``python -m bench.profiled FOLDER serve``.

Times are CPU times of the thread, so waiting costs nothing; a thread's figures are written into
FOLDER under its name when it ends. Profiling makes every call dearer, short ones most: read shares,
not times.
"""

import runpy
import signal
import sys
import threading
import time
from cProfile import Profile
from pathlib import Path

_run = threading.Thread.run


def main() -> None:
    """Run the command with this thread and all others under a profile each."""
    folder = Path(sys.argv.pop(1))

    def run(thread: threading.Thread) -> None:
        profile = Profile(time.thread_time)
        try:
            profile.runcall(_run, thread)
        finally:
            profile.dump_stats(folder / f"{thread.name}.profile")

    threading.Thread.run = run  # type: ignore[assignment,method-assign] # it is swapped for the profiled one
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn raises it again when it is done
    profile = Profile(time.thread_time)
    try:
        profile.runcall(runpy.run_module, "chat", run_name="__main__", alter_sys=True)
    finally:
        profile.dump_stats(folder / "main.profile")


if __name__ == "__main__":
    main()
