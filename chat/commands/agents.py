"""The commands about agents: `lethe agent list`, `invite`, `role`, `deactivate`, `delete`, `reset-second-factor`."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from msgspec import to_builtins

from chat.app import open_services
from chat.commands import as_json, command
from chat.core.access import ROLES
from chat.core.model import LOCALES
from chat.core.settings import Settings
from chat.erasure.actions.views import as_lines
from chat.factors.actions import resetting
from chat.infra.services import Services
from chat.invitations.actions import inviting
from chat.invitations.actions.inviting import Invited
from chat.lifecycle.actions import operating
from chat.lifecycle.actions.views import AgentView

T = TypeVar("T")


def add(commands: Any) -> None:
    """Add the commands to a parser's."""
    about = "the people who sign in: list, invite, give a role, deactivate, delete, reset a second factor"
    under = commands.add_parser("agent", help=about, description=about.capitalize() + ".")
    under = under.add_subparsers(metavar="COMMAND", required=True)
    invite = command(under, "invite", _invite, "invite somebody by mail, or by a link that is shown once")
    invite.add_argument("--email", required=True, metavar="E", help="whom")
    invite.add_argument("--role", choices=ROLES, default="agent", help="as what (agent)")
    invite.add_argument("--account", metavar="ID", default="", help="for which account, where there are several")
    invite.add_argument("--locale", choices=LOCALES, default=LOCALES[0], help="the language of the letter")
    as_json(invite)
    as_json(command(under, "list", _list, "list the agents of every account"))
    role = command(under, "role", _give_role, "give an agent a role, and sign them out everywhere")
    _named(role)
    role.add_argument("--role", choices=ROLES, required=True, help="as what")
    _named(command(under, "deactivate", _deactivate, "sign an agent out everywhere, until they are reactivated"))
    about = "delete an agent for good, forget who they were, and print the certificate"
    delete = command(under, "delete", _delete, about)
    _named(delete)
    delete.add_argument("--tickets-to", metavar="E", help="the agent who gets their tickets; without, nobody does")
    _named(command(under, "reset-second-factor", _reset_factor, "take away the second factor of who has lost it"))


def _named(made: argparse.ArgumentParser) -> None:
    made.add_argument("--email", required=True, metavar="E", help="the agent's address")
    as_json(made)


def _invite(settings: Settings, arguments: argparse.Namespace) -> int:
    async def work() -> Invited:
        async with open_services(settings) as services:
            by = await inviting.operator(services, arguments.account, arguments.locale)
            return await inviting.invite(services, by, arguments.email, arguments.role)

    made = asyncio.run(work())
    shown = {"id": made.view.id, "role": made.view.role, "expires_at": made.view.expires_at}
    shown |= {"link": f"{settings.base_url}{made.path}"} if made.path else {}
    print(json.dumps(shown) if arguments.json else "\n".join(f"{name}: {value}" for name, value in shown.items()))
    return 0


def _list(settings: Settings, arguments: argparse.Namespace) -> int:
    found = _done(settings, operating.list_agents)
    if arguments.json:
        print(json.dumps({"accounts": to_builtins(found)}))
    else:
        lines = [f"{account} {_line(each)}" for account, agents in found.items() for each in agents]
        print("\n".join(lines) or "No account is here yet; `lethe init` makes one.")
    return 0


def _give_role(settings: Settings, arguments: argparse.Namespace) -> int:
    made = _done(settings, lambda services: operating.give_role(services, arguments.email, arguments.role))
    print(json.dumps(to_builtins(made)) if arguments.json else _line(made))
    return 0


def _deactivate(settings: Settings, arguments: argparse.Namespace) -> int:
    gone = _done(settings, lambda services: operating.deactivate(services, arguments.email))
    print(json.dumps({"id": gone, "status": "deactivated"}) if arguments.json else f"{gone} deactivated")
    return 0


def _delete(settings: Settings, arguments: argparse.Namespace) -> int:
    made = _done(settings, lambda services: operating.delete(services, arguments.email, arguments.tickets_to))
    print(json.dumps(to_builtins(made)) if arguments.json else "\n".join(as_lines(made)))
    return 0 if made.state == "done" else 1


def _done(settings: Settings, work: Callable[[Services], Awaitable[T]]) -> T:
    async def run() -> T:
        async with open_services(settings) as services:
            return await work(services)

    return asyncio.run(run())


def _line(each: AgentView) -> str:
    return f"{each.id} {each.role} {each.status} {each.email} {each.name}"


def _reset_factor(settings: Settings, arguments: argparse.Namespace) -> int:
    made = dataclasses.asdict(_done(settings, lambda services: resetting.reset_by_operator(services, arguments.email)))
    print(json.dumps(made) if arguments.json else "\n".join(f"{name}: {value}" for name, value in made.items()))
    return 0
