"""The commands about accounts: `lethe account open-networks`."""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import Any

from chat.app import open_services
from chat.commands import as_json, command
from chat.core.settings import Settings
from chat.networks import actions as allowed
from chat.team.actions import sessions


def add(commands: Any) -> None:
    """Add the commands to a parser's."""
    about = "what an account's own agents cannot mend any more"
    under = commands.add_parser("account", help=about, description=about.capitalize() + ".")
    verbs = under.add_subparsers(metavar="COMMAND", required=True)
    about = "take away the list of allowed networks, for who locked themselves out"
    made = command(verbs, "open-networks", _open_networks, about)
    made.add_argument("--email", required=True, metavar="E", help="the address of an agent of the account")
    as_json(made)


def _open_networks(settings: Settings, arguments: argparse.Namespace) -> int:
    async def work() -> str:
        async with open_services(settings) as services:
            account_id = (await sessions.acting(services, arguments.email)).account_id
            await allowed.open_all(services, account_id)
            return account_id

    account_id = asyncio.run(work())
    said = "Agents of this account may sign in from everywhere again."
    print(json.dumps({"account_id": account_id, "networks": []}) if arguments.json else said)
    return 0
