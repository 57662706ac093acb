"""The commands about API tokens: `lethe token list`, `lethe token make`, `lethe token revoke`."""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import Any

from msgspec import to_builtins

from chat.app import open_services
from chat.commands import as_json, command
from chat.core import scopes
from chat.core.settings import Settings
from chat.team.actions import sessions
from chat.tokens import actions as tokens
from chat.tokens.actions import DAYS, DAYS_MOST, MadeToken, TokenView, WantedToken

WHO = "command"


def add(commands: Any) -> None:
    """Add the commands to a parser's."""
    about = "what programs show to act for an agent"
    under = commands.add_parser("token", help=about, description=about.capitalize() + ".")
    verbs = under.add_subparsers(metavar="COMMAND", required=True)
    shown = command(verbs, "list", _list, "list an agent's API tokens, or of an owner or admin those of the account")
    made = command(verbs, "make", _make, "make an API token for an agent, and print it, the only time anything does")
    made.add_argument("--name", required=True, metavar="N", help="what it is for")
    known = f"what it may be used for, as often as there is something: {', '.join(scopes.KNOWN)}"
    made.add_argument("--scope", required=True, action="append", metavar="S", help=known)
    made.add_argument("--days", type=int, default=DAYS, metavar="D", help=f"how long it is good, up to {DAYS_MOST}")
    made.add_argument(
        "--network", action="append", default=[], metavar="CIDR", help="from where it is good; else from everywhere"
    )
    gone = command(verbs, "revoke", _revoke, "revoke an API token, at once and for good")
    gone.add_argument("id", metavar="ID")
    for each in (shown, made, gone):
        each.add_argument("--email", required=True, metavar="E", help="the agent's address")
        as_json(each)


def _list(settings: Settings, arguments: argparse.Namespace) -> int:
    async def work() -> list[TokenView]:
        async with open_services(settings) as services:
            return await tokens.tokens(services, await sessions.acting(services, arguments.email))

    found = asyncio.run(work())
    if arguments.json:
        print(json.dumps({"tokens": to_builtins(found)}))
    else:
        print("\n".join(_line(each) for each in found) or "There is none.")
    return 0


def _make(settings: Settings, arguments: argparse.Namespace) -> int:
    async def work() -> TokenView:
        wanted = WantedToken(arguments.name, arguments.scope, arguments.days, arguments.network)
        async with open_services(settings) as services:
            return await tokens.make(services, await sessions.acting(services, arguments.email), wanted, WHO)

    made = asyncio.run(work())
    if arguments.json:
        print(json.dumps(to_builtins(made)))
    else:
        print(_line(made))
        print(made.token if isinstance(made, MadeToken) else "")
    return 0


def _revoke(settings: Settings, arguments: argparse.Namespace) -> int:
    async def work() -> None:
        async with open_services(settings) as services:
            actor = await sessions.acting(services, arguments.email)
            await tokens.revoke(services, actor, arguments.id, WHO)

    asyncio.run(work())
    print(json.dumps({"revoked": arguments.id}) if arguments.json else f"{arguments.id} is revoked.")
    return 0


def _line(each: TokenView) -> str:
    ends = f"until {each.expires_at}" if each.expires_at else "without an end"
    used = f"last used {each.used_at}" if each.used_at else "not used"
    return f"{each.id}  {each.name}: {' '.join(each.scopes)}; {ends} ({each.state}); {used}"
