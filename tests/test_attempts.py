"""Guessing is stopped where it comes from; whose account it is gets in, and is told."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, update

from chat.core.errors import InvalidField, LetheError, RateLimited, Unauthorized
from chat.core.events import CredentialsRevoked
from chat.core.networks import Network
from chat.infra.audit.schema import audit
from chat.lifecycle.actions import changes
from chat.team.actions import agents, attempts, credentials, lasting, passwords, sessions, sign_ins
from chat.team.schema import agent, session
from tests.inside import CHAT, PASSWORD, House, Served

pytestmark = pytest.mark.anyio
WRONG = "not the password at all"
NEW = "seven lamps over quiet water"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause."""
    monkeypatch.setattr(sign_ins, "EVEN", 0.0)
    monkeypatch.setattr(attempts, "MOMENT", 0.0)


async def attempt(house: House, password: str, network: str, device: str = "", email: str = "") -> Any:
    """What an attempt to sign in brings, or the error."""
    try:
        return await sign_ins.sign_in(
            house.services, email or house.made.owner_email, password, Network(network), device
        )
    except LetheError as error:
        return error


async def test_nobody_is_locked_out_by_who_guesses_elsewhere(house: House) -> None:
    for number in range(40):
        assert isinstance(await attempt(house, WRONG, f"evil{number % 3}"), Unauthorized | RateLimited)
    assert isinstance(await attempt(house, PASSWORD, "evil1"), RateLimited)
    assert isinstance(await attempt(house, PASSWORD, "home"), sign_ins.SignedIn)


async def test_a_network_that_is_stopped_uses_up_nobody_elses(house: House) -> None:
    for number in range(attempts.NETWORK):
        assert isinstance(await attempt(house, WRONG, "evil", email=f"nobody{number}@x.example"), Unauthorized)
    for _ in range(20):
        assert isinstance(await attempt(house, WRONG, "evil"), RateLimited)
    stands = await house.services.store.read(lambda tx: tx.execute(select(agent.c.failed)).scalar_one())
    assert stands == 0
    assert isinstance(await attempt(house, PASSWORD, "home"), sign_ins.SignedIn)


async def test_only_failures_count(house: House) -> None:
    for _ in range(attempts.NETWORK + 5):
        assert isinstance(await attempt(house, PASSWORD, "office"), sign_ins.SignedIn)


async def test_a_known_device_waits_where_others_are_stopped(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    device = (await attempt(house, PASSWORD, "home")).device
    other, password = await agents.add_agent(house.services, house.actor, "yan@acme.example", "Yan", "agent")
    for _ in range(attempts.ADDRESS + 1):
        await attempt(house, WRONG, "home")
    assert isinstance(await attempt(house, PASSWORD, "home"), RateLimited)
    waited: list[float] = []
    monkeypatch.setattr(attempts, "MOMENT", 0.05)
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        waited.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", noted)
    assert isinstance(await attempt(house, PASSWORD, "home", device), sign_ins.SignedIn)
    assert 0.05 in waited
    theirs = (await attempt(house, password, "elsewhere", email=other.email)).device
    for shown in (theirs, device[:-2] + "xx", "nonsense"):
        assert isinstance(await attempt(house, PASSWORD, "home", shown), RateLimited)


async def test_guessing_from_a_known_device_ends_too(house: House) -> None:
    device = (await attempt(house, PASSWORD, "home")).device
    tried = [await attempt(house, WRONG, "home", device) for _ in range(attempts.ADDRESS + attempts.DEVICE + 5)]
    assert isinstance(tried[-1], RateLimited)


@pytest.mark.parametrize("count", [2, 3])
async def test_several_failures_are_shown_in_the_plural(app: Served, count: int) -> None:
    for _ in range(count):
        await app.sign_in("", WRONG)
    await app.sign_in()
    page = await app.client.get("/password", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert f"{count} attempts to sign in as you have failed" in page.text


async def test_a_failure_is_counted_entered_logged_and_shown(app: Served, capsys: pytest.CaptureFixture[str]) -> None:
    for email in ("", "nobody@acme.example"):
        await app.sign_in(email, WRONG)
    said = capsys.readouterr()
    lines = [line for line in (said.out + said.err).splitlines() if "sign-in failed" in line]
    assert len(lines) == 2
    assert all("network=" in line and "acme" not in line and WRONG not in line for line in lines)
    assert 'lethe_sign_ins_failed_total{code="unauthorized"} 2.0' in (await app.call("GET", "/metrics")).text
    entered = await app.services.store.read(lambda tx: tx.execute(select(audit.c.action, audit.c.target)).all())
    assert ("agent.sign_in_failed", app.house.actor.agent_id) in [tuple(each) for each in entered]
    answer = await app.sign_in()
    assert answer.headers["location"].startswith("/password?next=")
    page = await app.client.get("/password?next=/inbox", headers={"accept": "text/html"})
    assert "One attempt to sign in as you has failed" in page.text
    assert (await app.sign_in()).headers["location"] == "/inbox"


async def test_a_password_that_is_changed_meanwhile_begins_no_session(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = passwords.right

    async def slow(*given: Any) -> bool:
        good = await right(*given)
        monkeypatch.setattr(passwords, "right", right)
        await credentials.renew(house.services, house.made.owner_email, NEW, with_tokens=False)
        return good

    monkeypatch.setattr(passwords, "right", slow)
    assert isinstance(await attempt(house, PASSWORD, "home"), Unauthorized)
    begun = await house.services.store.read(lambda tx: tx.execute(select(session.c.id)).all())
    assert begun == []
    assert isinstance(await attempt(house, NEW, "home"), sign_ins.SignedIn)


async def test_an_agent_deactivated_meanwhile_begins_no_session(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    other, password = await agents.add_agent(house.services, house.actor, "yan@acme.example", "Yan", "agent")
    right = passwords.right

    async def slow(*given: Any) -> bool:
        good = await right(*given)
        await changes.deactivate(house.services, house.actor, other.id)
        return good

    monkeypatch.setattr(passwords, "right", slow)
    assert isinstance(await attempt(house, password, "home", email=other.email), Unauthorized)


@pytest.mark.parametrize(
    "password",
    ["aaaaaaaaaa", "1234567890", "qwertyuiop", "password123", "abcabcabcabc", "2026-11-29", "Password2026!", "short"],
)
async def test_a_password_that_is_easily_guessed_is_refused(house: House, password: str) -> None:
    with pytest.raises(InvalidField) as refused:
        await credentials.renew(house.services, house.made.owner_email, password, with_tokens=False)
    assert refused.value.extra["field"] == "password"
    assert password not in refused.value.detail


async def test_an_agent_changes_their_own_password(app: Served) -> None:
    other, password = await agents.add_agent(app.services, app.house.actor, "yan@acme.example", "Yan", "agent")
    elsewhere = (await app.sign_in(other.email, password)).cookies["lethe_session"]
    app.client.cookies.clear()
    first = await app.sign_in(other.email, password)
    assert first.headers["location"] == "/password?next=/inbox"
    inbox = await app.client.get("/inbox", headers={"accept": "text/html"})
    assert (inbox.status_code, inbox.headers["location"]) == (303, "/password?next=/inbox")
    page = await app.client.get("/password", headers={"accept": "text/html"})
    assert "others have seen it" in page.text
    csrf = page.text.partition('name="csrf" value="')[2].partition('"')[0]
    good = {"csrf": csrf, "old": password, "password": NEW, "again": NEW, "next": "/inbox"}
    for wrong, said in (
        ({"old": WRONG}, "This is not your password."),
        ({"again": "another"}, "The two do not match."),
        ({"password": "aaaaaaaaaa", "again": "aaaaaaaaaa"}, "easily guessed"),
        ({"password": "short", "again": "short"}, "10 to 1000"),
        ({"password": password, "again": password}, "another password"),
    ):
        answer = await app.client.post("/password", data=good | wrong, headers={"origin": CHAT})
        assert (answer.status_code, said in answer.text) == (422, True), said
        assert password not in answer.text
    foreign = await app.client.post("/password", data=good | {"csrf": "0" * 64}, headers={"origin": CHAT})
    assert foreign.status_code == 403
    done = await app.client.post("/password", data=good, headers={"origin": CHAT})
    assert done.headers["location"] == "/password?saved=1&next=/inbox"
    assert (await app.client.get("/inbox", headers={"accept": "text/html"})).status_code == 200
    assert (await app.call("GET", "/api/v1/account", cookie=f"lethe_session={elsewhere}")).status_code == 401
    app.client.cookies.clear()
    assert (await app.sign_in(other.email, password)).status_code == 401
    assert (await app.sign_in(other.email, NEW)).status_code == 303


async def test_a_session_nobody_uses_ends_after_a_day(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    await app.sign_in()
    began = app.services.clock()
    at = began
    monkeypatch.setattr(type(app.services), "clock", property(lambda _: lambda: at), raising=False)
    for _ in range(3):  # used each 20 hours it stays
        at += 20 * 3_600_000
        assert (await app.client.get("/api/v1/account")).status_code == 200
    at += 25 * 3_600_000
    assert (await app.client.get("/api/v1/account")).status_code == 401
    assert await lasting.end_expired(app.services) == 1


async def test_a_forged_sign_out_signs_nobody_out_and_a_missed_one_is_noticed(house: House) -> None:
    actor = house.actor
    house.services.bus.publish(CredentialsRevoked(actor.account_id, actor.agent_id))
    assert (await sessions.require_still(house.services, actor)).agent_id == actor.agent_id
    await house.services.store.write(lambda tx: tx.execute(update(agent).values(role="admin")))  # past the MAC
    with pytest.raises(Unauthorized):
        await sessions.require_still(house.services, actor)
