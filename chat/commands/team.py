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
from chat.core.errors import InvalidField
from chat.core.settings import Settings
from chat.password_resets.actions import asking
from chat.password_resets.actions.asking import MadeReset
from chat.team.actions import credentials


def add(commands: Any) -> None:
    """Add the command to a parser's."""
    made = command(commands, "password", _renew, "give an agent another password, and end their sessions")
    made.add_argument("--email", required=True, metavar="E", help="the agent's address")
    made.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    made.add_argument("--link", action="store_true", help="make a link by which they set it themselves, shown once")
    made.add_argument("--tokens", action="store_true", help="revoke their API tokens too")
    as_json(made)


def _renew(settings: Settings, arguments: argparse.Namespace) -> int:
    if arguments.link:
        return _link(settings, arguments)
    given = sys.stdin.readline().rstrip("\n") if arguments.password_stdin else None

    async def work() -> credentials.Renewed:
        async with open_services(settings) as services:
            return await credentials.renew(services, arguments.email, given, with_tokens=arguments.tokens)

    made = dataclasses.asdict(asyncio.run(work()))
    if given is not None:
        del made["password"]
    print(json.dumps(made) if arguments.json else "\n".join(f"{name}: {value}" for name, value in made.items()))
    return 0


def _link(settings: Settings, arguments: argparse.Namespace) -> int:
    if arguments.password_stdin or arguments.tokens:
        raise InvalidField("With --link the password stays as it is; leave out the others", field="link")

    async def work() -> MadeReset:
        async with open_services(settings) as services:
            return await asking.make_by_operator(services, arguments.email)

    made = asyncio.run(work())
    shown = {"agent_id": made.agent_id, "link": f"{settings.base_url}{made.path}"}
    print(json.dumps(shown) if arguments.json else "\n".join(f"{name}: {value}" for name, value in shown.items()))
    return 0
