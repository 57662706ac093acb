"""What the server's row says of backups: how long they are kept, the last one, a restore that has not finished."""

from __future__ import annotations

from dataclasses import dataclass, fields

from sqlalchemy import select, update

from chat.infra.store.server import server
from chat.infra.store.tx import Tx


@dataclass(frozen=True, slots=True)
class BackupStatus:
    """How backups stand. `backed_up_at` in ms. `keys_copied_to` is the folder of the copy of the keys."""

    epoch: int
    created_at: int
    backup_days: int
    backed_up_at: int | None
    backup_folder: str | None
    keys_copied_to: str | None


_columns = tuple(server.c[field.name] for field in fields(BackupStatus))


def get_status(tx: Tx) -> BackupStatus:
    """Return the server's row."""
    return BackupStatus(*tx.execute(select(*_columns)).one())


def set_days(tx: Tx, days: int) -> None:
    """Say for how many days backups are kept."""
    tx.execute(update(server).values(backup_days=days))


def record_backup(tx: Tx, at: int, folder: str) -> None:
    """Note a backup."""
    tx.execute(update(server).values(backed_up_at=at, backup_folder=folder))


def record_keys_copy(tx: Tx, folder: str | None) -> None:
    """Note where the copy of the keys is, so that erasures reach it."""
    tx.execute(update(server).values(keys_copied_to=folder))


def restore_under_way(tx: Tx) -> str | None:
    """Return the id of the backup that is being restored here, if one is."""
    found = tx.execute(select(server.c.restoring)).scalar()
    return None if found is None else str(found)


def begin(tx: Tx, backup_id: str) -> None:
    """Mark that a restore has begun: nothing is served until it has finished."""
    tx.execute(update(server).values(restoring=backup_id))


def take_over(tx: Tx, was: BackupStatus, epoch: int) -> None:
    """Take over what the backup says of its server, in a new epoch."""
    values = {field.name: getattr(was, field.name) for field in fields(BackupStatus)}
    tx.execute(update(server).values(values | {"epoch": epoch}))


def finish(tx: Tx) -> None:
    """Let it be served."""
    tx.execute(update(server).values(restoring=None))
