"""`lethe agent list`, `role`, `deactivate` and `delete`: what they do, and one line for what cannot be done."""

import asyncio
import json
from pathlib import Path
from typing import Any

from chat.app import open_services
from chat.core.settings import from_env
from chat.team import store
from chat.team.actions import agents
from tests.commands import lethe
from tests.test_migrations import environment, one_line

OWNER, ANN, BEN = "owner@acme.example", "ann@acme.example", "ben@acme.example"


def said(environ: dict[str, str], *arguments: str) -> Any:
    """What a command answers as JSON."""
    done = lethe(environ, "agent", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


async def join(environ: dict[str, str], owner: str, email: str) -> None:
    """Add an agent to the account of an owner."""
    async with open_services(from_env(environ)) as services:
        account = await services.store.read(lambda tx: store.by_email(tx, services.email_hash("agents", owner)))
        assert account is not None
        made = await agents.prepare_agent(
            services, account.account_id, email, "Benjamin Canary", "agent", None, due=False
        )
        await services.store.write(lambda tx: agents.insert_agent(tx, made))


def test_an_operator_lists_agents_gives_roles_deactivates_and_deletes(database_url: str, tmp_path: Path) -> None:
    environ = environment(tmp_path, database_url)
    made = lethe(environ, "init", "--account", "Acme", "--email", OWNER, "--origin", "https://a.example", "--json")
    account = json.loads(made.stdout)["account_id"]
    [owner] = said(environ, "list")["accounts"][account]
    assert (owner["email"], owner["role"], owner["status"]) == (OWNER, "owner", "active")
    for arguments, words in (
        (("role", "--email", OWNER, "--role", "admin"), "last owner"),
        (("deactivate", "--email", OWNER), "last owner"),
        (("delete", "--email", OWNER), "last owner"),
        (("role", "--email", ANN, "--role", "admin"), "lethe agent list"),
        (("deactivate", "--email", "nobody"), "address"),
        (("delete", "--email", OWNER, "--tickets-to", BEN), "lethe agent list"),
    ):
        one_line(lethe(environ, "agent", *arguments), words)
    assert said(environ, "list")["accounts"][account] == [owner]
    assert OWNER in lethe(environ, "agent", "list").stdout


def test_what_can_be_done_is_done(sqlite_url: str, tmp_path: Path) -> None:
    environ = environment(tmp_path, sqlite_url)
    lethe(environ, "init", "--account", "Acme", "--email", OWNER, "--origin", "https://a.example")
    lethe(environ, "init", "--account", "Other", "--email", ANN, "--origin", "https://b.example")
    asyncio.run(join(environ, OWNER, BEN))
    assert said(environ, "role", "--email", BEN, "--role", "owner")["role"] == "owner"
    assert said(environ, "deactivate", "--email", BEN)["status"] == "deactivated"
    one_line(lethe(environ, "agent", "delete", "--email", BEN, "--tickets-to", ANN), "active agent")
    done = said(environ, "delete", "--email", BEN, "--tickets-to", OWNER)
    assert (done["state"], done["certificate"]["certificate"]["subject"]) == ("done", "agent")
    one_line(lethe(environ, "agent", "delete", "--email", BEN), "No agent")
    assert BEN not in lethe(environ, "agent", "list").stdout


def test_nothing_of_a_deleted_agent_is_left_wherever_one_looks(sqlite_url: str, tmp_path: Path) -> None:
    environ = environment(tmp_path, sqlite_url)
    lethe(environ, "init", "--account", "Acme", "--email", OWNER, "--origin", "https://a.example")
    asyncio.run(join(environ, OWNER, BEN))
    hashed = asyncio.run(hash_of(environ, BEN))
    # The control: what a row holds of them before is found.
    assert lethe(environ, "residue", "-", given=f"{BEN}\n{hashed}\n").returncode == 1
    assert said(environ, "delete", "--email", BEN)["certificate"]["certificate"]["scrub"]["done_at"]
    done = lethe(environ, "residue", "-", given=f"{BEN}\nBenjamin Canary\n{hashed}\n")
    assert done.returncode == 0, done.stdout


async def hash_of(environ: dict[str, str], email: str) -> str:
    """What an address is found by."""
    async with open_services(from_env(environ)) as services:
        return services.email_hash("agents", email)
