"""Who was shut out since a backup stays shut out after its restore: agents, passwords, API tokens, sessions."""

import json
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from chat.backup.actions import replay
from chat.core.errors import InvalidField, NotFound, Unauthorized
from chat.core.ids import secret
from chat.core.model import Agent
from chat.core.networks import Network
from chat.core.settings import Settings
from chat.departments import actions as departments
from chat.infra.ledger.ledger import Ledger
from chat.infra.services import Services
from chat.lifecycle.actions import changes, views
from chat.lifecycle.actions.changes import AgentChange
from chat.team.actions import agents, credentials, sessions, sign_ins
from tests.backups import backed_up, restored
from tests.commands import lethe
from tests.inside import PASSWORD, House, colleague
from tests.test_migrations import environment, one_line

pytestmark = pytest.mark.both_databases


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
            "owner": sign_ins.sign_in(services, house.made.owner_email, PASSWORD, Network("here")),
            "owner's token": sessions.by_token(services, house.made.api_token),
            "gone": sign_ins.sign_in(services, self.gone[0].email, self.gone[1], Network("here")),
            "renewed": sign_ins.sign_in(services, self.renewed[0].email, self.renewed[1], Network("here")),
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
    cookie = services.tokens.cookie((await sign_ins.sign_in(services, renewed.email, password, Network("here"))).secret)
    keys = Keys(house, made["gone"], made["renewed"], token, cookie)
    assert len(await keys.opened(services)) == 6
    return keys


async def shut_out(keys: Keys) -> str:
    """Deactivate one agent and give the other another password, which is returned."""
    services = keys.house.services
    await changes.deactivate(services, keys.house.actor, keys.gone[0].id)
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
        assert not await opens(sign_ins.sign_in(services, email, new, Network("here"))), "the ledger holds no password"
        again = await credentials.renew(services, email, "a password that is new", with_tokens=False)
        assert await opens(sign_ins.sign_in(services, email, again.password, Network("here")))


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
    await changes.deactivate(house.services, house.actor, gone.id)
    for email in (gone.email, "nobody@acme.example"):
        with pytest.raises(NotFound):
            await credentials.renew(house.services, email, None, with_tokens=False)
    with pytest.raises(InvalidField):
        await credentials.renew(house.services, house.made.owner_email, "short", with_tokens=False)
    assert await opens(sign_ins.sign_in(house.services, house.made.owner_email, PASSWORD, Network("here")))


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


async def test_no_restore_gives_an_old_right_back(house: House, vault: Path, elsewhere: Settings) -> None:
    """Who was demoted stays so, who was raised too, and who was let back in gets in with a new password alone."""
    services, actor = house.services, house.actor
    low, high, back = [
        (await colleague(services, actor, f"{name}@acme.example", name, role))[0]
        for name, role in (("low", "admin"), ("high", "agent"), ("back", "agent"))
    ]
    path = await backed_up(house, vault)
    await changes.change(services, actor, low.id, AgentChange(role="agent"))
    await changes.change(services, actor, high.id, AgentChange(role="admin"))
    await changes.hand_over(services, actor, high.id)
    await changes.deactivate(services, None, back.id, account_id=actor.account_id)
    again = replace(actor, agent_id=high.id, role="owner")
    await changes.reactivate(services, again, back.id)
    async with restored(elsewhere, path) as (after, report):
        assert (report.replayed["role"], report.replayed["reactivate"]) == (4, 1)
        known = {each.id: (each.role, each.active) for each in await agents.agents(after, actor)}
        assert known[low.id] == ("agent", True)
        assert known[high.id] == ("owner", True)
        assert known[actor.agent_id] == ("admin", True)
        assert known[back.id] == ("agent", True)
        renewed = await credentials.renew(after, back.email, None, with_tokens=False)
        assert await opens(sign_ins.sign_in(after, back.email, renewed.password, Network("here")))


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_without_the_entry_an_old_right_comes_back(
    house: House, vault: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    low, _ = await colleague(house.services, house.actor, "low@acme.example", "low", "admin")
    path = await backed_up(house, vault)
    monkeypatch.setattr(Ledger, "enter", lambda *_: None)
    await changes.change(house.services, house.actor, low.id, AgentChange(role="agent"))
    async with restored(elsewhere, path) as (after, _):
        known = {each.id: each.role for each in await agents.agents(after, house.actor)}
        assert known[low.id] == "admin"


async def test_departments_are_as_they_were_last(house: House, vault: Path, elsewhere: Settings) -> None:
    low, _ = await colleague(house.services, house.actor, "low@acme.example", "low", "agent")
    made = [(await departments.add(house.services, house.actor, name, {})).id for name in ("Sales", "Help")]
    await changes.change(house.services, house.actor, low.id, AgentChange(departments=made))
    path = await backed_up(house, vault)
    await changes.change(house.services, house.actor, low.id, AgentChange(departments=made[1:]))
    async with restored(elsewhere, path) as (after, _):
        assert (await views.get_agent(after, house.actor, low.id)).departments == made[1:]
