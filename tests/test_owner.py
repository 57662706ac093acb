"""The owner that `lethe init` makes is a person with a name of their own, and never called as the account."""

import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chat import demo
from chat.account.actions import accounts
from chat.core.addresses import name_in
from chat.infra.services import Services
from chat.team.actions import agents, sessions
from tests.commands import lethe
from tests.inside import PASSWORD, SHOP
from tests.test_migrations import environment

INIT = ("init", "--account", "Acme", "--email", "anna.vale+shop@acme.example", "--origin", "https://acme.example")
NAMES = {
    "anna.vale+shop@acme.example": "Anna Vale",
    "anna_vale-7@acme.example": "Anna Vale",
    "owner@acme.example": "Owner",
    "άννα.βάλε@acme.example": "Άννα Βάλε",
    "24_7@acme.example": "nobody",
    "info+acme@acme.example": "Info",
}


@pytest.mark.parametrize("address", NAMES)
def test_an_address_gives_a_name(address: str) -> None:
    assert name_in(address, "nobody") == NAMES[address]


async def owner_of(services: Services, **more: Any) -> str:
    """The name of the owner of an account that is made so."""
    made = await accounts.init(services, "Acme", "anna.vale@acme.example", PASSWORD, [SHOP], **more)
    actor = await sessions.by_token(services, made.api_token)
    return (await agents.agents(services, actor))[0].name


@pytest.mark.anyio
async def test_an_owner_has_the_name_that_was_given(services: Services) -> None:
    assert await owner_of(services, owner=" Maren  Holt ") == "Maren Holt"


@pytest.mark.anyio
async def test_an_owner_without_one_has_that_of_their_address(services: Services) -> None:
    assert await owner_of(services) == "Anna Vale"


def test_the_owner_of_the_demo_is_a_person() -> None:
    assert demo.OWNER_NAME not in {"", "Demo Shop"}


def test_a_name_of_nothing_is_refused_and_makes_nothing(tmp_path: Path) -> None:
    environ = environment(tmp_path, f"sqlite:///{tmp_path}/lethe.db")
    refused = lethe(environ, *INIT, "--name", " ")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "name" in refused.stderr
    assert lethe(environ, *INIT).returncode == 0


@pytest.mark.parametrize(("typed", "name"), [("Maren Holt\n", "Maren Holt"), ("\n", "Anna Vale")])
def test_at_a_terminal_it_is_asked_for(tmp_path: Path, typed: str, name: str) -> None:
    environ = environment(tmp_path, f"sqlite:///{tmp_path}/lethe.db")
    ours, theirs = pty.openpty()
    try:
        command = [sys.executable, "-m", "chat", *INIT, "--json"]
        with subprocess.Popen(command, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, env=environ) as running:
            os.write(ours, typed.encode())
            answer, _ = running.communicate(timeout=60)
            assert running.returncode == 0
    finally:
        os.close(ours)
        os.close(theirs)
    assert f'"owner_name": "{name}"'.encode() in answer
