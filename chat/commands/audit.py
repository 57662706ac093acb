"""The commands about the audit log: `lethe audit verify`, `lethe audit renew`."""

from __future__ import annotations

import argparse
import asyncio
import json

from msgspec import to_builtins

from chat.app import open_services
from chat.audit.actions import renewing, verdicts
from chat.commands import as_json, command
from chat.core.settings import Settings


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to a parser's."""
    about = "the log of who looked at, exported, changed or erased what"
    under = commands.add_parser("audit", help=about, description=about.capitalize() + ".")
    verbs = under.add_subparsers(metavar="COMMAND", required=True)
    as_json(command(verbs, "verify", _verify, "check every account's chain; exits 1 where one is broken"))
    as_json(command(verbs, "renew", _renew, "close every chain that is broken as it is, and begin a new one behind it"))


def _verify(settings: Settings, arguments: argparse.Namespace) -> int:
    async def work() -> list[verdicts.ChainVerdict]:
        async with open_services(settings) as services:
            return await verdicts.verify_all(services)

    found = asyncio.run(work())
    if arguments.json:
        print(json.dumps({"accounts": to_builtins([verdicts.verdict_view(each) for each in found])}))
    else:
        print("\n".join(each.line for each in found))
    return 0 if all(each.whole for each in found) else 1


def _renew(settings: Settings, arguments: argparse.Namespace) -> int:
    async def work() -> list[verdicts.Closed]:
        async with open_services(settings) as services:
            return [verdicts.Closed(each, unchanged=True) for each in await renewing.renew_all(services)]

    closed = asyncio.run(work())
    if arguments.json:
        parts = [{"account": c.part.account_id, **to_builtins(verdicts.part_view(c.part))} for c in closed]
        print(json.dumps({"closed": parts}))
    else:
        print("\n".join(each.line for each in closed) or "Every log is whole; nothing was closed.")
    return 0
