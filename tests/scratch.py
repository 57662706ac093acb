"""
Where tests keep their files: in memory, where there is plenty. Nothing here outlives a power cut, and on a disk every
commit would be waited for.
"""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - files there are made by mkdtemp
PLENTY = 6 * 2**30
"""Bytes: many times what a run holds at once, and more than the server wants free."""


def settle() -> None:
    """Has this process and those it starts make temporary files there, unless TMPDIR says where."""
    if "TMPDIR" not in os.environ and roomy(MEMORY) and available() > PLENTY:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # it is looked up again


def roomy(folder: Path) -> bool:
    """Whether we may write there, and enough."""
    return os.access(folder, os.W_OK | os.X_OK) and shutil.disk_usage(folder).free > PLENTY


def available() -> int:
    """The bytes of memory that Linux says are to be had; 0 elsewhere."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), 0)
