"""Backups: one consistent file while everybody chats, the copy of the keys elsewhere, and what lapses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from msgspec import UNSET, Struct, UnsetType

from chat.account import store as accounts
from chat.backup.store import archive
from chat.backup.store.archive import Writing
from chat.core.clock import DAY, stamp
from chat.core.crypt import canonical
from chat.core.errors import Misconfigured, NotFound
from chat.core.ids import uuid7
from chat.core.settings import Settings
from chat.infra.audit import audit
from chat.infra.blobs import PREVIEW
from chat.infra.keys import keycopy
from chat.infra.services import Services
from chat.infra.store import backups, copies, migrations
from chat.infra.store.tx import Tx

DAYS_MOST = 3650
SAID_ROWS = 100_000
READ = 1 << 20
SPARE = 7 * DAY
"""So much longer the ledger keeps entries than backups are kept: for a restore that comes late, and wrong clocks."""
WORK, RESTS = 0.02, 2
"""After so many seconds of work a backup rests this many times as long: whoever chats needs processors and disk too."""
TellLine = Callable[[str], None]
Piece = TypeVar("Piece")


class BackupReport(Struct, frozen=True):
    """
    A backup that was made: its rows by table, its files, those that were missing, the older backups that went, the keys
    that were copied.
    """

    backup: str
    id: str
    made_at: str
    lapses_at: str
    tables: dict[str, int]
    files: int
    missing: int
    bytes: int
    removed: list[str]
    keys: int | UnsetType = UNSET


async def make(services: Services, folder: Path, days: int | None, tell: TellLine) -> BackupReport:
    """
    Write a backup into a folder and remove those of ours there that have lapsed, and return what it holds.

    Raises Misconfigured for a folder that is where the keys are, Unavailable where the disk takes no more.
    """
    apart(services.settings, folder)
    if days is not None:
        if not 0 < days <= DAYS_MOST:
            raise Misconfigured(f"--days takes 1 to {DAYS_MOST}")
        await services.store.write(lambda tx: backups.set_days(tx, days))
    await asyncio.to_thread(archive.tidy, folder)
    # Before the snapshot: what is entered from here on may not be in it, and is done again by a restore.
    begun, head = services.clock(), services.ledger.head()
    made: dict[str, Any] = {"id": uuid7(), "made_at": begun, "revision": migrations.HEAD}
    path = folder / f"lethe-{stamp(begun)[:19].replace(':', '').replace('-', '')}Z-{made['id'][-8:]}{archive.ENDING}"
    with archive.writing(path, services.signer, made) as out:
        manifest = await services.store.read(lambda tx: _rows(services, tx, out, tell))
        manifest["server"] |= {"backed_up_at": begun, "backup_folder": _absolute(folder)}
        # After the rows: a file is on the disk before a row names it, so none of these was too late for the snapshot.
        manifest |= await asyncio.to_thread(_files, services, out, manifest.pop("referred"), tell)
        manifest |= {"ledger": {"number": head.number, "mark": head.mark}, "members": out.members}
        out.add("manifest.json", [canonical(manifest)])

    def note(tx: Tx) -> None:
        backups.record_backup(tx, begun, _absolute(folder))
        for account in accounts.all_of(tx):
            audit.record(services, tx, account.id, "command", "backup.made", made["id"])

    await services.store.write(note)
    stands = await services.store.read(backups.get_status)
    # Not before the new one is whole: a backup that fails must not leave the folder empty.
    removed = await asyncio.to_thread(lapse, services, folder, stands.backup_days)
    return BackupReport(
        backup=str(path),
        id=made["id"],
        made_at=stamp(begun),
        lapses_at=stamp(begun + stands.backup_days * DAY),
        tables=archive.counts_of(manifest),
        files=manifest["files"],
        missing=manifest["missing"],
        bytes=path.stat().st_size,
        removed=removed,
    )


async def copy_keys(services: Services, folder: Path, backups_in: Path) -> int:
    """Copy keys and ledger into a folder that no backup is near. Erasures reach into it from now on."""
    apart(services.settings, folder)
    if _nested(folder, backups_in):
        raise Misconfigured("--keys must name another folder than the backups', and neither inside the other")
    # Noted first: an erasure that comes meanwhile then looks there too.
    await services.store.write(lambda tx: backups.record_keys_copy(tx, _absolute(folder)))
    return await asyncio.to_thread(keycopy.write, folder, services.keys, services.ledger)


def lapse(services: Services, folder: Path, days: int) -> list[str]:
    """Remove backups of ours that are older than so many days, and return their names."""
    old = [p for p, head in archive.ours(folder, services.signer) if head.made_at + days * DAY < services.clock()]
    for path in old:
        path.unlink(missing_ok=True)
    return [path.name for path in old]


async def sweep(services: Services) -> int:
    """
    Remove lapsed backups where the last one was put, while that folder is there, and from the ledger what no backup
    needs any more, and return how many of both.
    """
    stands = await services.store.read(backups.get_status)
    removed: list[str] = []
    if stands.backup_folder is not None:
        removed = await asyncio.to_thread(lapse, services, Path(stands.backup_folder), stands.backup_days)
    needed = services.clock() - stands.backup_days * DAY - SPARE
    return len(removed) + await asyncio.to_thread(services.ledger.drop, needed, services.clock())


def apart(settings: Settings, folder: Path) -> None:
    """Raise Misconfigured where a folder is the data folder, in it or around it: there the keys are."""
    if _nested(folder, settings.data):
        raise Misconfigured(f"{folder} is where the data and its keys are; name a folder apart from {settings.data}")


def _absolute(folder: Path) -> str:
    return str(folder.resolve())


def _nested(one: Path, other: Path) -> bool:
    here, there = one.resolve(), other.resolve()
    return here.is_relative_to(there) or there.is_relative_to(here)


def _rows(services: Services, tx: Tx, out: Writing, tell: TellLine) -> dict[str, Any]:
    """Write every table as it is at one moment, and return that part of the manifest, and the files referred to."""
    copies.freeze(tx)
    tables: list[dict[str, Any]] = []  # in an order in which each may be filled
    stands = backups.get_status(tx)
    for table in copies.saved():
        counter = _Counter(str(table.name), tell)
        out.add(f"tables/{table.name}", counter.through(copies.rows(tx, table)))
        tables.append({"name": str(table.name), "columns": copies.shape(table), "rows": counter.count})
    return {
        "tables": tables,
        "counters": copies.counters(tx),
        "server": asdict(stands),
        "referred": [each for rows in services.gathered.file_rows for each in rows.referred(tx)],
    }


def _files(services: Services, out: Writing, referred: list[tuple[str, str, bool]], tell: TellLine) -> dict[str, int]:
    """Add the sealed files that the rows refer to, and the filters'. One that was erased meanwhile is missing."""
    names = [(owner, blob + end) for owner, blob, small in referred for end in ("", PREVIEW)[: 1 + small]]
    missing, counter = 0, _Counter("files", tell, 1000)
    for owner, name in counter.through(iter(names)):
        try:
            out.add(f"files/{owner}/{name}", services.blobs.read(owner, name, READ), squeeze=False)
        except NotFound:
            missing += 1
    for path in sorted((services.settings.data / "filters").glob("*.filter")):
        out.add(f"filters/{path.name}", [path.read_bytes()])
    return {"files": len(names) - missing, "missing": missing}


class _Counter:
    """Counts what passes, says so now and then, and lets others have their turn."""

    def __init__(self, name: str, tell: TellLine, each: int = SAID_ROWS) -> None:
        self.count, self._name, self._tell, self._each = 0, name, tell, each
        self._begun = time.monotonic()

    def through(self, coming: Iterator[Piece]) -> Iterator[Piece]:
        """Yield what comes."""
        since = time.perf_counter()
        for each in coming:
            yield each
            self.count += 1
            if (worked := time.perf_counter() - since) > WORK:
                time.sleep(RESTS * worked)
                since = time.perf_counter()
            if self.count % self._each == 0:
                self._tell(f"{self._name}: {self.count:,} in {time.monotonic() - self._begun:.0f} s")
