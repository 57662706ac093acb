"""The command about agents who cannot sign in, or must not any more as they did: `lethe password`."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import sys
from typing import Any

from chat.app import open_services
from chat.commands import as_json, command
from chat.core.settings import Settings
from chat.team.actions import credentials


def add(commands: Any) -> None:
    """Add the command to a parser's."""
    made = command(commands, "password", _renew, "give an agent another password, and end their sessions")
    made.add_argument("--email", required=True, metavar="E", help="the agent's address")
    made.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    made.add_argument("--tokens", action="store_true", help="revoke their API tokens too")
    as_json(made)


def _renew(settings: Settings, arguments: argparse.Namespace) -> int:
    given = sys.stdin.readline().rstrip("\n") if arguments.password_stdin else None

    async def work() -> credentials.Renewed:
        async with open_services(settings) as services:
            return await credentials.renew(services, arguments.email, given, with_tokens=arguments.tokens)

    made = dataclasses.asdict(asyncio.run(work()))
    if given is not None:
        del made["password"]
    print(json.dumps(made) if arguments.json else "\n".join(f"{name}: {value}" for name, value in made.items()))
    return 0
