"""The commands about losing everything: `lethe backup`, `lethe restore`."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from msgspec import structs, to_builtins

from chat.app import open_services
from chat.backup.actions import backups, restoring
from chat.backup.actions.backups import BackupReport
from chat.backup.actions.restoring import RestoreReport
from chat.backup.store import archive
from chat.backup.store.archive import Backup
from chat.commands import as_json, command
from chat.core.crypt import Signer
from chat.core.errors import Misconfigured
from chat.core.settings import Settings
from chat.infra.store import folder


def add(commands: Any) -> None:
    """Add the commands to a parser's."""
    made = command(commands, "backup", _backup, "write a consistent backup into a folder, while serving")
    made.add_argument("folder", type=Path, metavar="DIR", help="where backups are; lapsed ones of ours go from there")
    made.add_argument("--keys", type=Path, metavar="DIR", help="also copy the keys, into a folder kept elsewhere")
    made.add_argument("--days", type=int, metavar="N", help="how long backups are kept from now on (30 at first)")
    as_json(made)
    back = command(
        commands, "restore", _restore, "put a backup into an empty place, and erase again what was erased since"
    )
    back.add_argument("backup", type=Path, metavar="DIR", help="a folder of backups, for its newest, or one file")
    back.add_argument("--keys", type=Path, metavar="DIR", help="put the keys back first, from the folder of their copy")
    back.add_argument("--without-ledger", action="store_true", help="although erasures since may not be known")
    as_json(back)


def _backup(settings: Settings, arguments: argparse.Namespace) -> int:
    async def work() -> BackupReport:
        async with open_services(settings) as services:
            made = await backups.make(services, arguments.folder, arguments.days, _tell)
            if arguments.keys:
                made = structs.replace(made, keys=await backups.copy_keys(services, arguments.keys, arguments.folder))
            return made

    if arguments.keys:
        # Before the backup, which may take an hour: that this folder will not do must be said at once.
        backups.apart(settings, arguments.keys)
    made = asyncio.run(work())
    if arguments.keys and arguments.keys.stat().st_dev == arguments.folder.stat().st_dev:
        _tell("the keys and the backup are on one volume: whoever has it reads everything")
    if arguments.json:
        print(json.dumps(to_builtins(made)))
        return 0
    rows = sum(made.tables.values())
    print(f"{made.backup}: {rows:,} rows, {made.files:,} files, {made.bytes:,} bytes; lapses {made.lapses_at}")
    if made.missing:
        print(f"{made.missing} files were erased meanwhile and are not in it.")
    print("\n".join(f"removed {name}: it had lapsed" for name in made.removed) or "No backup had lapsed.")
    return 0


def _restore(settings: Settings, arguments: argparse.Namespace) -> int:
    chosen = _chosen(arguments.backup)
    folder.prepare_data(settings)
    if not folder.has_secret(settings):
        raise Misconfigured(
            "This place has no secret yet: set LETHE_SECRET_KEY, or put the server's secret.key into "
            f"{settings.data}, as nothing opens without it"
        )
    with archive.opened(chosen, Signer(folder.server_secret(settings))) as backup:
        restoring.look(settings, backup, arguments.keys, without_ledger=arguments.without_ledger)
        restoring.load(settings, backup, _tell)
        report = asyncio.run(_finish(settings, backup))
    if arguments.json:
        print(json.dumps(to_builtins(report)))
        return 0
    print(f"Restored {report.backup}, made {report.made_at}; this is epoch {report.epoch}.")
    print("\n".join(f"  {name}: {count:,} rows" for name, count in report.tables.items() if count))
    print(f"  files: {report.files:,}")
    replayed = ", ".join(f"{count} of {name}" for name, count in report.replayed.items() if count)
    print(f"Done again from the ledger: {replayed or 'nothing'}.")
    if report.replayed["password"]:
        print("Passwords that were changed since are locked: give new ones with lethe password --email.")
    sample = report.sample
    print(f"Looked at {sample.looked_at} contacts: {sample.opened} open, {sample.gone} have no key any more.")
    if sample.closed:
        print(f"{sample.closed} do not open: their rows or keys are damaged.")
    return 0


async def _finish(settings: Settings, backup: Backup) -> RestoreReport:
    async with open_services(settings, restoring=True) as services:
        return await restoring.finish(services, backup, _tell)


def _chosen(path: Path) -> Path:
    """Return the file, or of a folder its newest: the names sort by time. A damaged one is refused, not passed over."""
    try:
        there, folder_of_them = path.exists(), path.is_dir()
    except (OSError, ValueError):  # a name that no file can have
        there = folder_of_them = False
    if not there:
        raise Misconfigured(f"There is no backup at {path}")
    if not folder_of_them:
        return path
    found = sorted(path.glob(f"lethe-*{archive.ENDING}"))
    if not found:
        raise Misconfigured(f"There is no backup in {path}")
    return found[-1]


def _tell(line: str) -> None:
    print(f"lethe: {line}", file=sys.stderr, flush=True)
