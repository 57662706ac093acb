"""The command that hands over what is held of whoever has an address: `lethe export`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from chat.app import open_services
from chat.commands import as_json, command
from chat.core.errors import Misconfigured
from chat.core.settings import Settings
from chat.export.actions import exports


def add(commands: Any) -> None:
    """Add the command to a parser's."""
    export = command(
        commands, "export", _export, "write an archive of all that is held of each contact with an address"
    )
    export.add_argument("--email", required=True, metavar="E")
    export.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="a folder; it is made where it is missing"
    )
    as_json(export)


def _export(settings: Settings, arguments: argparse.Namespace) -> int:
    async def work() -> list[str]:
        async with open_services(settings) as services:
            made = []
            for contact in await exports.of_email(services, arguments.email):
                path = arguments.out / f"export-{contact.uid}.zip"
                pieces = await exports.archive(services, contact, "command")
                with _written(path) as write:
                    async for piece in pieces:
                        write(piece)
                made.append(str(path))
            return made

    made = asyncio.run(work())
    print(json.dumps({"files": made}) if arguments.json else "\n".join(made))
    return 0


@contextmanager
def _written(path: Path) -> Iterator[Callable[[bytes], object]]:
    """
    Give what writes a file piece by piece, for its owner's eyes alone. It is there whole, or not at all.

    Raises Misconfigured where there is one already, or none can be.
    """
    beside = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists():
            raise Misconfigured(f"{path} is there already, and nothing is written over it; name another folder")
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file.write
            file.flush()
            os.fsync(file.fileno())
        beside.rename(path)
    except OSError as error:
        raise Misconfigured(f"{path} cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
