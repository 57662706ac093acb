"""The commands about what people may ask for, and what nobody needs any more: `lethe erase`, `lethe retention`."""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import Any

from msgspec import to_builtins

from chat.app import open_services
from chat.commands import as_json, command
from chat.core.settings import Settings
from chat.erasure.actions import erasure
from chat.erasure.actions.views import CertifiedErasure, as_lines
from chat.retention.actions import retention
from chat.retention.actions.views import RetentionRunView, run_lines


def add(commands: Any) -> None:
    """Add the commands to a parser's."""
    erase = command(commands, "erase", _erase, "erase every contact with an address, now, and print the certificates")
    erase.add_argument("--email", required=True, metavar="E")
    as_json(erase)
    about = "what is kept for longer than the accounts say"
    under = commands.add_parser("retention", help=about, description=about.capitalize() + ".")
    under = under.add_subparsers(metavar="COMMAND", required=True)
    run = command(under, "run", _retain, "purge what is over its days in every account, now, and print the reports")
    run.add_argument("--dry-run", action="store_true", help="only count what would be purged")
    as_json(run)


def _erase(settings: Settings, arguments: argparse.Namespace) -> int:
    async def work() -> list[CertifiedErasure]:
        async with open_services(settings) as services:
            return await erasure.now(services, arguments.email)

    made = asyncio.run(work())
    if arguments.json:
        print(json.dumps({"erasures": to_builtins(made)}))
    else:
        print("\n".join(line for each in made for line in as_lines(each)))
    return 0 if all(each.state == "done" for each in made) else 1


def _retain(settings: Settings, arguments: argparse.Namespace) -> int:
    async def work() -> list[RetentionRunView]:
        async with open_services(settings) as services:
            made = await retention.now(services, dry_run=arguments.dry_run)
            # The run has only filed the erasures of contacts. Where no server runs nobody else would carry them out.
            await erasure.sweep(services)
            return made

    made = asyncio.run(work())
    print(
        json.dumps({"runs": to_builtins(made)})
        if arguments.json
        else "\n".join(line for each in made for line in run_lines(each))
    )
    return 0 if all(not each.left for run in made for each in run.rules) else 1
