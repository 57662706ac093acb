"""Signing in: attempts are limited, sessions end when they should, and only our own pages may use one."""

import asyncio
import dataclasses
import threading
import time
from base64 import b64decode
from collections.abc import Callable
from contextlib import suppress
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select

from chat.account.actions import accounts
from chat.core.clock import DAY
from chat.core.settings import Settings
from chat.infra.store.tx import Tx
from chat.lifecycle.actions import changes
from chat.routes import routes
from chat.team import store
from chat.team.actions import agents
from chat.team.schema import agent
from chat.web.authentication import COOKIE, DEVICE
from tests.inside import CHAT, PASSWORD, SHOP, House, Served, counted, problem_of, served
from tests.test_docs import addresses

pytestmark = pytest.mark.anyio
WRONG = "another password"
CHANGES = sorted(each for each in addresses(routes()) if " /api/v1/" in each and not each.startswith("GET "))
FORMS = sorted(each for each in addresses(routes()) if each.startswith("POST /admin/"))


async def cookie_of(app: Served, email: str = "", password: str = PASSWORD) -> str:
    """The value of a fresh session's cookie, which the client forgets."""
    answer = await app.sign_in(email, password)
    assert answer.status_code == 303, answer.text
    value = answer.cookies[COOKIE]
    app.client.cookies.clear()
    return f"{COOKIE}={value}"


@pytest.mark.usefixtures("dear_passwords")
async def test_a_password_is_kept_as_argon2id_alone(app: Served) -> None:
    await accounts.init(app.services, "Other", "owner@other.example", PASSWORD, [SHOP])
    await agents.add_agent(app.services, app.house.actor, "yan@acme.example", "Yan", "agent")
    others = agent.c.id != app.house.actor.agent_id  # who may have come before
    rows: Any = await app.services.store.read(lambda tx: tx.execute(select(agent).where(others)).all())
    opened = [app.services.unseal(row.key_slot, row.id, "password", b64decode(row.password_hash)) or "" for row in rows]
    assert [each.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for each in opened] == [True, True]


async def test_unknown_and_wrong_are_answered_alike(app: Served) -> None:
    answers = [await app.sign_in(email, WRONG) for email in (app.house.made.owner_email, "nobody@acme.example")]
    assert [each.status_code for each in answers] == [401, 401]
    shown = [each.text.replace("nobody@", "owner@") for each in answers]
    assert shown[0] == shown[1]
    assert WRONG not in shown[0]
    assert COOKIE not in app.client.cookies


async def test_ten_attempts_then_a_wait_for_that_address_alone(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    other, password = await agents.add_agent(app.services, app.house.actor, "yan@acme.example", "Yan", "agent")
    for _ in range(10):
        assert (await app.sign_in(password=WRONG)).status_code == 401
    refused = await app.sign_in()
    assert (refused.status_code, COOKIE in refused.cookies) == (429, False)
    assert (await app.sign_in(other.email, password)).status_code == 303
    now = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: now() + 901)
    assert (await app.sign_in()).status_code == 303


async def test_thirty_attempts_from_one_network_whatever_the_address(app: Served) -> None:
    for number in range(30):
        assert (await app.sign_in(f"nobody{number}@acme.example", WRONG)).status_code == 401
    assert (await app.sign_in()).status_code == 429


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(settings: Settings) -> None:
    async with served(dataclasses.replace(settings, base_url="https://chat.test")) as app:
        form = {"email": app.house.made.owner_email, "password": PASSWORD}
        answer = await app.client.post("/signin", data=form, headers={"origin": "https://chat.test"})
        flags = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
        assert {"httponly", "samesite=lax", "secure", "path=/"} <= flags
        assert [each.partition("=")[0] for each in answer.headers.get_list("set-cookie")] == [
            f"__Host-{COOKIE}",
            f"__Host-{DEVICE}",
        ]
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        # Without the prefix it may be another host's of the domain: over HTTPS it is nobody's.
        kept = answer.cookies[f"__Host-{COOKIE}"]
        app.client.cookies.clear()
        assert (await app.call("GET", "/api/v1/account", cookie=f"__Host-{COOKIE}={kept}")).status_code == 200
        problem_of(await app.call("GET", "/api/v1/account", cookie=f"{COOKIE}={kept}"), 401, "unauthorized")


async def test_over_plain_http_the_cookie_has_no_prefix_and_https_is_not_asked_for(app: Served) -> None:
    answer = await app.sign_in()
    assert COOKIE in answer.cookies
    assert "strict-transport-security" not in answer.headers


async def test_every_sign_in_begins_a_session_of_its_own(app: Served) -> None:
    first, second = await cookie_of(app), await cookie_of(app)
    assert first != second
    assert (await app.call("POST", "/signout", origin=CHAT, cookie=first)).status_code == 303
    problem_of(await app.call("GET", "/api/v1/account", cookie=first), 401, "unauthorized")
    assert (await app.call("GET", "/api/v1/account", cookie=second)).status_code == 200


async def test_a_session_ends_with_its_agent_and_with_its_time(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    other, password = await agents.add_agent(app.services, app.house.actor, "yan@acme.example", "Yan", "agent")
    theirs, mine = await cookie_of(app, other.email, password), await cookie_of(app)
    await changes.deactivate(app.services, app.house.actor, other.id)
    problem_of(await app.call("GET", "/api/v1/account", cookie=theirs), 401, "unauthorized")
    assert (await app.sign_in(other.email, password)).status_code == 401
    assert (await app.call("GET", "/api/v1/account", cookie=mine)).status_code == 200
    later = app.services.clock() + 15 * DAY
    monkeypatch.setattr(type(app.services), "clock", property(lambda _: lambda: later), raising=False)
    problem_of(await app.call("GET", "/api/v1/account", cookie=mine), 401, "unauthorized")


async def _each_other(house: House, monkeypatch: pytest.MonkeyPatch, seconds: float = 1) -> list[object]:
    """Two owners deactivate each other. Each waits so long after it counted for the other to have counted as well."""
    other, _ = await agents.add_agent(house.services, house.actor, "yan@acme.example", "Yan", "owner")
    second = house.acting(other.id, "owner")
    counted_both, count = threading.Barrier(2), store.active_owners

    def slowly(tx: Tx, account_id: str) -> frozenset[str]:
        found = count(tx, account_id)
        with suppress(threading.BrokenBarrierError):
            counted_both.wait(seconds)
        return found

    monkeypatch.setattr(store, "active_owners", slowly)
    return [
        *await asyncio.gather(
            changes.deactivate(house.services, house.actor, other.id),
            changes.deactivate(house.services, second, house.actor.agent_id),
            return_exceptions=True,
        )
    ]


async def test_two_owners_who_deactivate_each_other_leave_one(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    found = await _each_other(house, monkeypatch)
    assert sorted(type(each).__name__ for each in found) == ["AgentView", "Forbidden"]
    assert [each.active for each in await agents.agents(house.services, house.actor)].count(True) == 1


async def test_the_control_who_counts_without_a_lock_leaves_none(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def unlocked(tx: Tx, account_id: str) -> frozenset[str]:
        mine = (agent.c.account_id == account_id) & (agent.c.role == "owner") & agent.c.deactivated_at.is_(None)
        return frozenset(tx.execute(select(agent.c.id).where(mine)).scalars())

    monkeypatch.setattr(store, "active_owners", unlocked)
    # SQLite has one writer, so the second counts after the first. On PostgreSQL a new connection can take seconds.
    left, seconds = (1, 1) if house.services.store.sqlite else (0, 30)
    await _each_other(house, monkeypatch, seconds)
    assert [each.active for each in await agents.agents(house.services, house.actor)].count(True) == left


async def test_a_cookie_that_was_not_given_here_is_nobodys(app: Served) -> None:
    given = await cookie_of(app)
    for value in ("", "nonsense", given[:-2], given.partition("=")[2] + "A"):
        problem_of(await app.call("GET", "/api/v1/account", cookie=f"{COOKIE}={value}"), 401, "unauthorized")


@pytest.mark.parametrize("address", CHANGES)
async def test_a_session_changes_nothing_without_the_mark_of_our_own_pages(app: Served, address: str) -> None:
    verb, path = filled(address)
    cookie = await cookie_of(app)
    before = await counted(app.services)
    for headers in ({"origin": CHAT}, {"origin": CHAT, "x-csrf-token": "0" * 64}, {}):
        problem_of(await app.call(verb, path, {}, cookie=cookie, **headers), 403, "forbidden")
    mark = await csrf_of(app, cookie)
    foreign = {"origin": "https://elsewhere.example", "x-csrf-token": mark}
    problem_of(await app.call(verb, path, {}, cookie=cookie, **foreign), 403, "forbidden")
    assert await counted(app.services) == before
    ours = await app.call(verb, path, {}, cookie=cookie, origin=CHAT, x_csrf_token=mark)
    assert ours.status_code != 403, ours.text
    bearer = await app.call(verb, path, {}, **app.house.bearer)
    assert bearer.status_code != 403, bearer.text


async def test_a_form_without_the_mark_of_its_session_changes_nothing(app: Served, subtests: pytest.Subtests) -> None:
    cookie = await cookie_of(app)
    before = await counted(app.services)
    mark = await csrf_of(app, cookie)
    wrong: list[tuple[dict[str, str], str]] = [({}, CHAT), ({"csrf": "0" * 64}, CHAT), ({"csrf": mark}, "https://e.x")]
    for address, (form, origin) in product(FORMS, wrong):
        verb, path = filled(address)
        with subtests.test(f"{address} {[*form]} {origin}"):
            answer = await app.client.request(verb, path, data=form, headers={"cookie": cookie, "origin": origin})
            assert answer.status_code == 403
            assert await counted(app.services) == before


def test_there_are_changes_and_forms_to_try() -> None:
    assert len(CHANGES) > 10
    assert len(FORMS) > 3


def filled(address: str) -> tuple[str, str]:
    """A verb and a path with something in each place."""
    verb, path = address.split(" ", 1)
    places: dict[str, Callable[[], str]] = {"{number}": lambda: "1", "{seq}": lambda: "1"}
    for name, value in places.items():
        path = path.replace(name, value())
    return verb, path.replace("{id}", "019aaf2e-0000-7000-8000-000000000000")


async def csrf_of(app: Served, cookie: str) -> str:
    """The mark of a session, as its pages have it."""
    page = await app.client.get("/admin/agents", headers={"cookie": cookie})
    return str(page.text.partition('name="csrf" value="')[2].partition('"')[0])
