"""Who was shut out since a backup stays shut out after its restore: agents, passwords, API tokens, sessions."""

import json
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path

import pytest

from chat.backup.actions import replay
from chat.core.errors import InvalidField, NotFound, Unauthorized
from chat.core.ids import secret
from chat.core.model import Agent
from chat.core.networks import Network
from chat.core.settings import Settings
from chat.infra.ledger.ledger import Ledger
from chat.infra.services import Services
from chat.team.actions import agents, credentials, sessions
from tests.backups import backed_up, restored
from tests.commands import lethe
from tests.inside import PASSWORD, House, colleague
from tests.test_migrations import environment, one_line


@dataclass
class Keys:
    """What opens doors when the backup is made: of one who is then deactivated, one who then gets another password."""

    house: House
    gone: tuple[Agent, str]
    renewed: tuple[Agent, str]
    token: str
    cookie: str

    async def opened(self, services: Services) -> set[str]:
        """Which of the doors open with such services."""
        house = self.house
        tried: dict[str, Awaitable[object]] = {
            "owner": sessions.sign_in(services, house.made.owner_email, PASSWORD, Network("here")),
            "owner's token": sessions.by_token(services, house.made.api_token),
            "gone": sessions.sign_in(services, self.gone[0].email, self.gone[1], Network("here")),
            "renewed": sessions.sign_in(services, self.renewed[0].email, self.renewed[1], Network("here")),
            "token": sessions.by_token(services, self.token),
            "session": sessions.by_session(services, self.cookie),
        }
        return {name for name, trying in tried.items() if await opens(trying)}


async def opens(trying: Awaitable[object]) -> bool:
    """Whether somebody gets in."""
    try:
        await trying
    except Unauthorized:
        return False
    return True


async def keys_of(house: House) -> Keys:
    """Two agents beside the owner, one of them with a token and a session."""
    services, made = house.services, {}
    for name in ("gone", "renewed"):
        made[name] = await colleague(services, house.actor, f"{name}@acme.example", name, "agent")
    renewed, password = made["renewed"]
    token = secret()
    await services.store.write(lambda tx: agents.give_token(tx, renewed.id, token, "a program", services.clock()))
    cookie = services.tokens.cookie((await sessions.sign_in(services, renewed.email, password, Network("here"))).secret)
    keys = Keys(house, made["gone"], made["renewed"], token, cookie)
    assert len(await keys.opened(services)) == 6
    return keys


async def shut_out(keys: Keys) -> str:
    """Deactivate one agent and give the other another password, which is returned."""
    services = keys.house.services
    await agents.deactivate_agent(services, keys.house.actor, keys.gone[0].id)
    renewed = await credentials.renew(services, keys.renewed[0].email, None, with_tokens=True)
    assert (renewed.tokens, await keys.opened(services)) == (1, {"owner", "owner's token"})
    assert renewed.sessions >= 1
    return renewed.password


async def test_who_was_shut_out_since_stays_shut_out(house: House, vault: Path, elsewhere: Settings) -> None:
    keys = await keys_of(house)
    path = await backed_up(house, vault)
    new = await shut_out(keys)
    async with restored(elsewhere, path) as (services, report):
        assert {name: report.replayed[name] for name in ("deactivate", "password", "revoke")} == {
            "deactivate": 1,
            "password": 1,
            "revoke": 1,
        }
        assert await keys.opened(services) == {"owner", "owner's token"}
        email = keys.renewed[0].email
        assert not await opens(sessions.sign_in(services, email, new, Network("here"))), "the ledger holds no password"
        again = await credentials.renew(services, email, "a password that is new", with_tokens=False)
        assert await opens(sessions.sign_in(services, email, again.password, Network("here")))


@pytest.mark.parametrize("mutant", ["nothing is replayed", "nothing is entered"])
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_without_the_ledger_old_keys_open_again(
    house: House, vault: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch, mutant: str
) -> None:
    """The mutants: the test above would see them. Sessions are in no backup, so none comes back even so."""
    keys = await keys_of(house)
    path = await backed_up(house, vault)
    if mutant == "nothing is entered":
        monkeypatch.setattr(Ledger, "enter", lambda *_: None)
    await shut_out(keys)
    if mutant == "nothing is replayed":
        monkeypatch.setattr(replay, "since", lambda *_: [])
    async with restored(elsewhere, path) as (services, _):
        assert await keys.opened(services) == {"owner", "owner's token", "gone", "renewed", "token"}


async def test_a_new_password_needs_an_active_agent_and_length(house: House) -> None:
    gone, _ = await agents.add_agent(house.services, house.actor, "gone@acme.example", "Gone", "agent")
    await agents.deactivate_agent(house.services, house.actor, gone.id)
    for email in (gone.email, "nobody@acme.example"):
        with pytest.raises(NotFound):
            await credentials.renew(house.services, email, None, with_tokens=False)
    with pytest.raises(InvalidField):
        await credentials.renew(house.services, house.made.owner_email, "short", with_tokens=False)
    assert await opens(sessions.sign_in(house.services, house.made.owner_email, PASSWORD, Network("here")))


async def test_the_ledger_says_ids_and_nothing_else_of_an_agent(house: House) -> None:
    keys = await keys_of(house)
    new = await shut_out(keys)
    entries = list(house.services.ledger.entries())
    assert [(each.did, {*each.what}) for each in entries] == [
        ("deactivate", {"agent"}),
        ("revoke", {"token"}),
        ("password", {"agent"}),
    ]
    written = house.services.ledger.copy()
    assert not [word for word in (new, keys.renewed[1], keys.token, "acme.example") if word in written]


def test_the_command_gives_a_new_password_and_says_who_is_unknown(sqlite_url: str, tmp_path: Path) -> None:
    environ = environment(tmp_path, sqlite_url)
    made = lethe(
        environ, "init", "--account", "Acme", "--email", "a@b.example", "--origin", "https://a.example", "--json"
    )
    done = lethe(environ, "password", "--email", "a@b.example", "--tokens", "--json")
    said = json.loads(done.stdout)
    assert (said["tokens"], said["sessions"]) == (1, 0)
    assert said["password"] not in {"", json.loads(made.stdout)["password"]}
    one_line(lethe(environ, "password", "--email", "nobody@b.example"), "No active agent")
