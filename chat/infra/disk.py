"""How much room the disks have."""

from __future__ import annotations

import shutil
from pathlib import Path

from chat.core.errors import Unavailable
from chat.core.settings import Settings

MB = 2**20
LAST = 4
"""Messages are refused only under this part of the floor, uploads and exports under all of it."""
SQLITE = "sqlite:///"


def free(settings: Settings) -> int:
    """Return how many bytes the disk of the data folder has free."""
    return shutil.disk_usage(settings.data).free


def takes_messages(settings: Settings) -> None:
    """Raise Unavailable where the database is on a disk that has hardly any room left."""
    # PostgreSQL may be on another machine: its disk cannot be asked from here.
    if not settings.database_url.startswith(SQLITE):
        return
    disk = Path(settings.database_url.removeprefix(SQLITE)).parent
    if shutil.disk_usage(disk).free < settings.disk_floor * MB // LAST:
        raise Unavailable("The server's disk is full, and the message was not stored; send it again later")
