"""The command line: `lethe COMMAND`. A failure is one clear line on standard error and a status that is not zero."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from chat import __version__
from chat.commands import as_json, command
from chat.core.errors import InvalidField, LetheError
from chat.core.settings import Settings, from_env
from chat.infra import logs


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command, and return its exit status."""
    os.umask(0o077)  # before anything is made: what Lethe keeps is for its own user alone
    given = sys.argv[1:] if argv is None else argv
    arguments = parser().parse_args(given)
    try:
        _readable(given)
        settings = from_env()
        logs.configure(settings.log_level)
        status: int = arguments.run(settings, arguments)
    except LetheError as error:
        print(f"lethe: {' '.join(error.detail.split())}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - what nobody foresaw is one line too, and names its place
        # Its kind and its place, never its words: those may hold what somebody wrote.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
        print(f"lethe: something broke that should not ({type(error).__name__} at {where})", file=sys.stderr)
        return 70  # EX_SOFTWARE of sysexits.h
    return status


def _readable(given: Sequence[str]) -> None:
    """Raise InvalidField for an argument that is no text in the terminal's encoding."""
    for each in given:
        try:
            each.encode()
        except UnicodeError:
            raise InvalidField("An argument is not UTF-8; look at the terminal's encoding", field="argument") from None


def parser() -> argparse.ArgumentParser:
    """Return the parser with every command."""
    made = argparse.ArgumentParser("lethe", description="Live chat that begins with consent and can really forget.")
    made.add_argument("--version", action="version", version=f"lethe {__version__}")
    from chat.commands import accounts, agents, audit, backup, exports, privacy, residue, spam, team, tokens

    commands = made.add_subparsers(metavar="COMMAND", required=True)
    _demo(commands)
    _init(commands)
    _serve(commands)
    worker = command(commands, "worker", _run_worker, "run due jobs")
    worker.add_argument("--once", action="store_true", help="run what is due and exit")
    privacy.add(commands)
    exports.add(commands)
    backup.add(commands)
    residue.add(commands)
    spam.add(commands)
    audit.add(commands)
    team.add(commands)
    tokens.add(commands)
    agents.add(commands)
    accounts.add(commands)
    command(commands, "migrate", _run_migrate, "bring the database to the current schema")
    check = command(commands, "check", _run_check, "say what is misconfigured, with its mend")
    check.add_argument("--deploy", action="store_true", help="also what matters on the open internet")
    as_json(check)
    return made


def _demo(commands: Any) -> None:
    made = command(commands, "demo", _run_demo, "start everything with a sample account and a sample shop")
    made.add_argument("--port", type=int, default=8000, help="the server's port; the shop's is the next one")


def _init(commands: Any) -> None:
    made = command(commands, "init", _run_init, "create an account, its owner and its first site")
    made.add_argument("--account", required=True, metavar="NAME")
    made.add_argument("--email", required=True, metavar="E", help="the owner's address")
    made.add_argument(
        "--name", metavar="OWNER", help="the owner's own name; else it is asked for, or taken from the address"
    )
    made.add_argument(
        # Never as an argument: whoever is on the machine sees those in the list of processes.
        "--password-stdin",
        action="store_true",
        help="read the owner's password from standard input",
    )
    made.add_argument("--origin", required=True, nargs="+", metavar="URL", help="where the widget may be shown")
    as_json(made)


def _serve(commands: Any) -> None:
    made = command(commands, "serve", _run_serve, "run the server")
    made.add_argument("--host", default="127.0.0.1")
    made.add_argument("--port", type=int, default=8000)
    made.add_argument("--workers", type=int, default=1)


def _run_demo(settings: Settings, arguments: argparse.Namespace) -> int:
    # Within each command, here and below: what the others load would make every start slower.
    from chat import demo

    return demo.run(settings, arguments.port)


def _run_init(settings: Settings, arguments: argparse.Namespace) -> int:
    from chat.account.actions import accounts
    from chat.app import open_services
    from chat.infra.store import folder, migrations

    owner = arguments.name if arguments.name is not None else _asked_name()
    password = sys.stdin.readline().rstrip("\n") if arguments.password_stdin else None

    async def work() -> accounts.Made:
        async with open_services(settings) as services:
            return await accounts.init(
                services, arguments.account, arguments.email, password, arguments.origin, owner=owner
            )

    folder.prepare_data(settings)
    migrations.migrate(settings)
    made = {name: value for name, value in dataclasses.asdict(asyncio.run(work())).items() if value is not None}
    print(json.dumps(made) if arguments.json else "\n".join(f"{name}: {value}" for name, value in made.items()))
    return 0


def _asked_name() -> str | None:
    """Ask whoever sits at a terminal for the owner's name. A program, or who just presses Enter, gives none."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    # Not on standard output: what is there is the answer.
    print("The owner's name (Enter: as in the address): ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip() or None


def _run_serve(settings: Settings, arguments: argparse.Namespace) -> int:
    from chat import serving

    return serving.serve(settings, arguments.host, arguments.port, arguments.workers)


def _run_worker(settings: Settings, arguments: argparse.Namespace) -> int:
    from chat import worker
    from chat.app import open_services
    from chat.features import sweeps

    async def work() -> None:
        async with open_services(settings) as services:
            if arguments.once:
                print(json.dumps(await worker.once(services, sweeps())))
            else:
                await worker.run(services, sweeps())

    asyncio.run(work())
    return 0


def _run_migrate(settings: Settings, _: argparse.Namespace) -> int:
    from chat.infra.store import folder, migrations

    folder.prepare_data(settings)
    print(f"The database is at {migrations.migrate(settings)}.")
    return 0


def _run_check(settings: Settings, arguments: argparse.Namespace) -> int:
    from chat import doctor

    findings = doctor.examine(settings, deploy=arguments.deploy)
    if arguments.json:
        print(
            json.dumps(
                {
                    "settings": settings.shown(),
                    "findings": [dataclasses.asdict(each) | {"ok": each.ok} for each in findings],
                }
            )
        )
    else:
        print("\n".join([f"{name}={value}" for name, value in settings.shown().items()]))
        print("\n".join(each.line() for each in findings))
    return 0 if all(finding.ok for finding in findings) else 1


if __name__ == "__main__":
    sys.exit(main())
