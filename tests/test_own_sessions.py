"""One's own sessions: listed, ended one by one or all others, and out at once everywhere, whoever is told or not."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from chat.agent_profile.actions import sessions as own
from chat.core.clock import DAY, now
from chat.core.crypt import digest
from chat.core.devices import kind_of
from chat.core.errors import Unauthorized
from chat.core.ids import uuid7
from chat.core.networks import Network
from chat.team import store
from chat.team.actions import sessions, sign_ins
from chat.team.schema import agent, session
from tests.inside import CHAT, PASSWORD, House, Served, colleague, found, problem_of
from tests.lethe import Account, Lethe
from tests.services import PostgreSQL, Valkey
from tests.sockets import Socket
from tests.test_sessions import alive
from tests.test_sessions import own as marked

pytestmark = pytest.mark.anyio
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
AGENTS = {
    FIREFOX: "Firefox/Linux",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36": (
        "Chrome/Windows"
    ),
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/131.0 Safari/537.36 Edg/131.0": "Edge/Windows",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15": "Safari/macOS",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605 Version/18.1 Mobile/15 Safari/604": (
        "Safari/iOS"
    ),
    "Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) AppleWebKit/605 CriOS/131.0 Mobile/15 Safari/604": "Chrome/iOS",
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 SamsungBrowser/27.0 Chrome/125.0 Mobile Safari/537.36": (
        "Samsung Internet/Android"
    ),
    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/131.0 Safari/537.36": "Chrome/ChromeOS",
    "Mozilla/5.0 (X11; Linux) AppleWebKit/537.36 Chrome/131.0 Safari/537.36 OPR/115.0": "Opera/Linux",
    "curl/8.5.0": "?/?",
    "": "?/?",
    "<b>Firefox/1 Linux": "Firefox/Linux",
    "x" * 100_000 + " Firefox/128.0": "?/?",
}


@pytest.mark.parametrize("said", AGENTS, ids=range(len(AGENTS)))
def test_a_device_is_one_of_a_short_list(said: str) -> None:
    assert kind_of(said) == AGENTS[said]


async def signed_in(app: Served, email: str = "", password: str = PASSWORD) -> str:
    """The cookie of a session begun in Firefox."""
    form = {"email": email or app.house.made.owner_email, "password": password}
    answer = await app.client.post("/signin", data=form, headers={"origin": CHAT, "user-agent": FIREFOX})
    assert answer.status_code == 303
    app.client.cookies.clear()
    return answer.headers["set-cookie"].partition(";")[0].partition("=")[2]


async def test_ones_sessions_are_listed_with_their_device(app: Served) -> None:
    first, second = await signed_in(app), await signed_in(app)
    answer = await app.call("GET", "/api/v1/sessions", cookie=f"lethe_session={second}")
    mine, other = answer.json()["items"]
    assert (mine["browser"], mine["system"], mine["current"]) == ("Firefox", "Linux", True)
    assert not other["current"]
    page = await app.call("GET", "/profile", cookie=f"lethe_session={first}", accept="text/html")
    assert page.text.count("Firefox on Linux") >= 2
    held = await app.services.store.read(lambda tx: tx.execute(select(session.c.device)).scalars().all())
    assert all(each and b"Firefox" not in each for each in held)
    program = (await app.rest("GET", "/sessions")).json()["items"]
    assert [each["current"] for each in program] == [False, False]


async def test_one_is_ended_and_the_others_stay(app: Served) -> None:
    first, second = await signed_in(app), await signed_in(app)
    headers = await marked(app, second)
    listed = (await app.call("GET", "/api/v1/sessions", **headers)).json()["items"]
    (target,) = [each["id"] for each in listed if not each["current"]]
    assert (await app.call("DELETE", f"/api/v1/sessions/{target}", **headers)).status_code == 204
    assert not await alive(app, first)
    assert await alive(app, second)
    problem_of(await app.call("DELETE", f"/api/v1/sessions/{target}", **headers), 404, "not_found")
    entry = (await app.rest("GET", f"/audit?target={target}&action=session.ended")).json()["items"]
    assert len(entry) == 1


async def test_all_others_are_ended_and_this_one_stays(app: Served) -> None:
    others, here = [await signed_in(app), await signed_in(app)], await signed_in(app)
    answer = await app.call("DELETE", "/api/v1/sessions", **await marked(app, here))
    assert answer.json() == {"ended": 2}
    assert [await alive(app, each) for each in (*others, here)] == [False, False, True]
    assert (await app.rest("DELETE", "/sessions")).json() == {"ended": 1}  # a program's is none of them
    assert not await alive(app, here)


async def test_by_the_page_too(app: Served) -> None:
    first, second = await signed_in(app), await signed_in(app)
    headers = await marked(app, second)
    form = {"csrf": headers.pop("x-csrf-token")}
    listed = (await app.call("GET", "/api/v1/sessions", cookie=headers["cookie"])).json()["items"]
    (target,) = [each["id"] for each in listed if not each["current"]]
    for _ in range(2):  # one that has ended by itself is no mistake
        sent = await app.client.post(f"/profile/sessions/{target}/end", data=form, headers=headers)
        assert (sent.status_code, sent.headers["location"]) == (303, "/profile?saved=1")
    assert not await alive(app, first)
    third = await signed_in(app)
    assert (await app.client.post("/profile/sessions/end-others", data=form, headers=headers)).status_code == 303
    assert [await alive(app, each) for each in (third, second)] == [False, True]


async def test_nobody_elses_session_is_ended_or_seen(app: Served) -> None:
    mine = await signed_in(app)
    other = await found(app.services, "Other", "owner@other.example", app.house.box)
    low, password = await colleague(app.services, app.house.actor, "low@acme.example", "Low", "agent")
    theirs = await signed_in(app, low.email, password)
    target = (await app.rest("GET", "/sessions")).json()["items"][0]["id"]
    assert (await app.rest("GET", "/sessions", house=other)).json()["items"] == []
    problem_of(await app.rest("DELETE", f"/sessions/{target}", house=other), 404, "not_found")
    problem_of(
        await app.call("DELETE", f"/api/v1/sessions/{target}", **await low_marked(app, theirs)), 404, "not_found"
    )
    answer = await app.call("DELETE", "/api/v1/sessions", **await low_marked(app, theirs))
    assert answer.json() == {"ended": 0}
    assert await alive(app, mine)


async def low_marked(app: Served, kept: str) -> dict[str, str]:
    """What the pages of a plain agent's session send with a request."""
    page = await app.call("GET", "/profile", cookie=f"lethe_session={kept}", accept="text/html")
    mark = page.text.partition('name="csrf" value="')[2].partition('"')[0]
    return {"cookie": f"lethe_session={kept}", "origin": CHAT, "x-csrf-token": mark}


async def test_a_forged_row_is_nobodys_session_and_in_no_list(house: House) -> None:
    services, at = house.services, now()
    row = {"id": uuid7(), "agent_id": house.actor.agent_id, "secret_hash": digest("x" * 43), "created_at": at}
    row |= {"seen_at": at, "expires_at": at + DAY, "mac": "0" * 64}
    await services.store.write(lambda tx: tx.execute(insert(session).values(**row)))
    assert await own.list_own(services, house.actor) == []
    with pytest.raises(Unauthorized):
        await sessions.by_session(services, services.tokens.cookie("x" * 43))


async def test_the_device_of_one_session_does_not_open_as_anothers(house: House) -> None:
    services, email = house.services, house.made.owner_email
    for kind in ("Firefox/Linux", "Safari/iOS"):
        await sign_ins.sign_in(services, email, PASSWORD, Network("here", device=kind))

    def swapped(tx: Any) -> None:
        one, two = tx.execute(select(session.c.id, session.c.device)).all()
        tx.execute(update(session).where(session.c.id == one.id).values(device=two.device))

    await services.store.write(swapped)
    shown = [each.browser for each in await own.list_own(services, house.actor)]
    assert "?" in shown


class Changes:
    """What ends a socket, done in the database as another process does whose word is lost."""

    @staticmethod
    def session_ended(tx: Any) -> None:
        tx.execute(delete(session))

    @staticmethod
    def agent_deactivated(tx: Any) -> None:
        for each in tx.execute(select(agent.c.id)).scalars().all():
            store.deactivate(tx, each, now())


@pytest.fixture(scope="module")
def one() -> Iterator[Lethe]:
    """A server of its own, that looks by its own minute as all do."""
    with Lethe() as server:
        yield server


def here(lethe: Lethe) -> tuple[Account, Socket]:
    """An agent's open socket, past the moment in which it was looked at for coming."""
    account = lethe.account()
    agent_socket = account.agent({"Cookie": account.sign_in(), "Origin": lethe.origin})
    agent_socket.get("welcome")
    time.sleep(1.5)
    return account, agent_socket


@pytest.mark.parametrize("change", ["session_ended", "agent_deactivated"])
def test_an_idle_socket_is_closed_though_nobody_says_why(one: Lethe, change: str) -> None:
    _, agent_socket = here(one)
    with agent_socket:
        lost(one, change)
        assert agent_socket.closed() == 4401


def lost(lethe: Lethe, change: str) -> None:
    """Do it in the database, and tell nobody."""

    async def work(services: Any) -> None:
        await services.store.write(getattr(Changes, change))

    lethe.perform(work)


def test_without_the_watch_it_stays_open() -> None:
    """The control."""
    with Lethe("tests.broken.unwatched") as lethe:
        _, agent_socket = here(lethe)
        with agent_socket:
            lost(lethe, "session_ended")
            time.sleep(3)
            agent_socket.send("ping")
            assert agent_socket.get("pong")


def test_in_another_process_with_redis_away_and_back(postgresql: PostgreSQL) -> None:
    with Valkey() as valkey, Lethe(DATABASE_URL=postgresql.clone(), REDIS_URL=valkey.url) as there:
        account, first = here(there)
        second = account.agent({"Cookie": account.sign_in(), "Origin": there.origin})
        second.get("welcome")
        with first, second:
            valkey.stop()
            lost(there, "agent_deactivated")
            assert (first.closed(), second.closed()) == (4401, 4401)
        valkey.start()
        again = there.account()
        third = again.agent({"Cookie": again.sign_in(), "Origin": there.origin})
        third.get("welcome")
        with third:
            lost(there, "session_ended")
            assert third.closed() == 4401
