"""How much room the disks have."""

from __future__ import annotations

import shutil

from chat.core.settings import Settings

MB = 2**20


def free(settings: Settings) -> int:
    """Return how many bytes the disk of the data folder has free."""
    return shutil.disk_usage(settings.data).free
