"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.backup.actions import backups
from chat.web.feature import Feature, Sweep

feature = Feature(
    "backup",
    Path(__file__).parent,
    sweeps=(Sweep("backups", backups.sweep, 3600.0),),
    audited=("backup.made", "backup.restored"),
)
