"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.backup.actions import backups
from chat.core.locations import DataLocation, Field
from chat.infra.gathered import Sweep
from chat.web.feature import Feature

BACKUPS = DataLocation(
    "backups",
    "file",
    "contact",
    "to bring everything back after a disk is lost: sealed as it is in the database, and no key beside it",
    "the days that the server keeps backups (30)",
    (
        Field("sealed texts and files", "message", "to restore", "interest", sealed=True),
        Field("receipts", "consent", "to restore", "interest"),
        Field("times", "time", "to restore", "interest"),
    ),
)

feature = Feature(
    "backup",
    Path(__file__).parent,
    sweeps=(Sweep("backups", backups.sweep, 3600.0),),
    audited=("backup.made", "backup.restored"),
    data_locations=(BACKUPS,),
)
