"""The commands about what people may ask for: `lethe erase`."""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import Any

from chat.actions.privacy import erasure
from chat.app import open_desk
from chat.commands import as_json, command
from chat.settings import Settings


def add(commands: Any) -> None:
    """Add the commands to a parser's."""
    erase = command(commands, "erase", _erase, "erase every contact with an address, now, and print the certificates")
    erase.add_argument("--email", required=True, metavar="E")
    as_json(erase)


def _erase(settings: Settings, arguments: argparse.Namespace) -> int:
    async def work() -> list[dict[str, Any]]:
        async with open_desk(settings) as desk:
            return await erasure.now(desk, arguments.email)

    made = asyncio.run(work())
    if arguments.json:
        print(json.dumps({"erasures": made}))
    else:
        print("\n".join(line for each in made for line in erasure.told(each)))
    return 0 if all(each["state"] == "done" for each in made) else 1
