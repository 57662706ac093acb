"""A provider through which alone agents sign in, and somebody whom it sends for the first time twice at once."""

# ruff: noqa: F811 - a fixture is named as what it gives

import asyncio
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from chat.core.settings import Settings
from chat.identity_providers import store
from chat.identity_providers.actions import matching
from chat.invitations.actions import inviting
from chat.password_resets.actions import asking as resets
from chat.team import store as team
from chat.team.actions import agents
from chat.web.authentication import COOKIE
from tests.authenticator import Authenticator, added
from tests.factors import HOME, signed_in
from tests.inside import CHAT, Served, colleague
from tests.providers import LOCAL, YAN, Liar, entered, liar, set_up  # noqa: F401 - a fixture is among them
from tests.test_passkeys import asked, written

pytestmark = pytest.mark.anyio
LONG = "another one that is long 7!"
HTML = {"origin": CHAT, "accept": "text/html"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The operator lets loopback be called, where the tests' providers are, and mails links nowhere."""
    return replace(settings, outbound_allow=LOCAL)


async def twice_at_once(app: Served, provider: str, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """How it goes for both, of whom neither is there yet when the other looks."""
    prepared, both = matching._prepared, asyncio.Barrier(2)

    async def together(*args: Any) -> Any:
        made = await prepared(*args)
        if made is not None:
            await both.wait()
        return made

    monkeypatch.setattr(matching, "_prepared", together)
    row = await app.services.store.read(lambda tx: store.by_id(tx, provider))
    claims = YAN | {"email_verified": True}
    trying = (matching.sign_in(app.services, row, claims, HOME) for _ in range(2))
    return await asyncio.gather(*trying, return_exceptions=True)


async def test_two_first_sign_ins_at_once_are_one_agent_with_two_sessions(
    app: Served, liar: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = await set_up(app, liar.issuer, creates=True)
    keys = [*app.services.keys._slots.all()]
    one, other = await twice_at_once(app, provider, monkeypatch)
    (yan,) = [each for each in await agents.agents(app.services, app.house.actor) if each.email == "Yan@acme.example"]
    shown = [await app.client.get("/api/v1/agents/me", headers=session(app, each.secret)) for each in (one, other)]
    assert [each.json()["id"] for each in shown] == [yan.id] * 2
    assert len({one.secret, other.secret}) == 2
    assert [each["who"] for each in await entered(app, "provider.linked")] == [yan.id]
    assert [each["target"] for each in await entered(app, "agent.added")][:1] == [yan.id]
    assert len([*app.services.keys._slots.all()]) == len(keys) + 1, "the key of the one that was not stored is gone"


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_without_a_second_look_one_of_them_is_refused(
    app: Served, liar: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    provider = await set_up(app, liar.issuer, creates=True)
    monkeypatch.setattr(matching, "InvalidField", ZeroDivisionError)
    monkeypatch.setattr(matching, "NotNow", ZeroDivisionError)
    assert any(isinstance(each, Exception) for each in await twice_at_once(app, provider, monkeypatch))


def session(app: Served, secret: str) -> dict[str, str]:
    """The header of a browser that has this session."""
    return {"cookie": f"{COOKIE}={app.services.tokens.cookie(secret)}"}


async def let_in(app: Served, yan: str, device: Authenticator, links: dict[str, str]) -> dict[str, bool]:
    """Through which of the other ways one gets in, or changes anything, each tried over HTTP."""

    async def hashed() -> str:
        row = await app.services.store.read(lambda tx: team.one(tx, app.house.actor.account_id, yan))
        return str(row.password_hash)

    async def posted(path: str, **form: str) -> httpx2.Response:
        app.client.cookies.clear()
        return await app.client.post(path, data=form, headers=HTML)

    before, twice = await hashed(), {"password": LONG, "again": LONG}
    app.client.cookies.clear()
    ceremony = await asked(app, "/signin/challenge")
    key = {"passkey": written(device.show(ceremony)), "next": "/inbox"}
    found = {"passkey": COOKIE in (await app.client.post("/signin/passkey", data=key, headers=HTML)).cookies}
    found["reset"] = COOKIE in (await posted("/password/reset", link=links["reset"], **twice)).cookies
    found["reset"] |= await hashed() != before
    invited = await posted("/invitation", link=links["invitation"], name="Zoe", **twice)
    there = {each.email for each in await agents.agents(app.services, app.house.actor)}
    found["invitation"] = COOKIE in invited.cookies or "zoe@acme.example" in there
    return found


@pytest.mark.parametrize("enforced", [True, False], ids=["enforced", "the control"])
async def test_where_it_is_enforced_no_passkey_invitation_or_reset_is_a_way_in(
    app: Served, liar: Liar, *, enforced: bool
) -> None:
    provider = await set_up(app, liar.issuer)
    yan, password = await colleague(app.services, app.house.actor, "yan@acme.example", "Yan", "agent")
    device = Authenticator()
    await added(app.services, (await signed_in(app.house, yan.email, password))[0], device)
    made = await resets.make(app.services, app.house.actor, yan.id)
    invited = await inviting.invite(app.services, inviting.inviter(app.house.actor), "zoe@acme.example", "agent")
    links = {"reset": made.path or "", "invitation": invited.path or ""}
    links = {name: path.partition("#")[2] for name, path in links.items()}
    assert all(links.values())
    answer = await app.rest("PATCH", f"/identity-providers/{provider}", {"enforced": enforced})
    assert answer.status_code == 200
    assert set((await let_in(app, yan.id, device, links)).items()) == {
        (way, not enforced) for way in ("passkey", "reset", "invitation")
    }
