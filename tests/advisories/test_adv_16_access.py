"""
Whose a thing is: loose comparison (CVE-2022-1176), writable owners (CVE-2026-72719), uploads without a chat
(CVE-2026-63765), policies that are not asked (CVE-2026-41189, CVE-2022-35247, CVE-2026-55762), operators for values
(CVE-2022-32226), secrets of visitors that can be read, and a race with deactivation (CVE-2022-24751).
"""

import asyncio
import random
import re
from typing import Any

import pytest

from chat.actions.team import agents
from chat.store.team import agents as store
from chat.web import routes
from tests.desks import CHAT, Served, counted, problem_of
from tests.test_docs import addresses

pytestmark = pytest.mark.anyio
API = sorted(each for each in addresses(routes()) if " /api/v1/" in each)
OWNERS = sorted(
    each.split(" ", 1)[1]
    for each in addresses(routes())
    if each.startswith("GET /admin/") and "quarantine" not in each and "{" not in each
)
OPEN = {"POST /signin", "GET /signin", "GET /"}


def filled(path: str) -> str:
    """An address with something in its places."""
    return re.sub(r"\{(number|seq)\}", "1", path).replace("{id}", "019aaf2e-0000-7000-8000-000000000000")


@pytest.mark.parametrize(
    "name", ["1e0", "0x1", "1.0", "-1", "+1", "null", "true", "[1]", "%31%00", "１", "1;2", "1'--", ""]
)
async def test_adv_16_a_number_is_digits_and_nothing_that_is_equal_to_one(app: Served, name: str) -> None:
    await (await app.house.visit("Zoe")).say("hello")
    assert (await app.rest("GET", "/tickets/1")).status_code == 200
    assert (await app.rest("GET", f"/tickets/{name}/messages")).status_code == 404


@pytest.mark.parametrize("field", ["account_id", "id", "number", "contact_id", "site_id", "created_at", "mac", "role"])
async def test_adv_17_what_is_the_servers_own_nobody_sets(app: Served, field: str) -> None:
    await (await app.house.visit("Zoe")).say("hello")
    before = (await app.rest("GET", "/tickets/1")).json()
    for path in ("/tickets/1", "/account"):
        assert (await app.rest("PATCH", path, {field: "x"})).status_code == 422
    assert (await app.rest("GET", "/tickets/1")).json() == before


async def test_adv_18_who_has_no_chat_uploads_nothing(app: Served) -> None:
    path, file = f"/widget/{app.house.key}/attachments", {"file": ("a.txt", b"hello")}
    before = await counted(app.desk)
    for headers in ({}, {"authorization": "Bearer x"}, app.house.bearer):
        answer = await app.client.post(path, files=file, headers=headers)
        problem_of(answer, 401, "unauthorized")
    assert await counted(app.desk) == before


@pytest.mark.parametrize("address", API)
async def test_adv_27_nothing_is_open_that_does_not_say_so(app: Served, address: str) -> None:
    verb, path = address.split(" ", 1)
    for headers in ({}, {"authorization": "Bearer lethe_" + "x" * 43}, {"cookie": "lethe_session=x"}):
        answer = await app.call(verb, filled(path), {} if verb != "GET" else None, **headers)
        problem_of(answer, 401, "unauthorized")


@pytest.mark.parametrize("path", OWNERS)
async def test_adv_30_an_agent_is_kept_out_of_every_owners_page(app: Served, path: str) -> None:
    low, password = await agents.add_agent(app.desk, app.house.actor, "low@acme.example", "Low", "agent")
    await app.sign_in(low.email, password)
    await app.desk.store.write(lambda tx: store.change(tx, low.id, password_due=False))
    assert (await app.client.get(path, headers={"accept": "text/html"})).status_code == 403


@pytest.mark.parametrize("value", [{"$ne": ""}, ["open"], None, 1, True])
async def test_adv_28_an_operator_is_no_value(app: Served, value: Any) -> None:
    await (await app.house.visit("Zoe")).say("hello")
    problem_of(await app.rest("PATCH", "/tickets/1", {"status": value}), 422, "invalid_field")


async def test_adv_42_a_visitors_token_is_kept_nowhere(app: Served) -> None:
    guest = await app.house.visit("Zoe")
    await guest.say("hello")
    for path in app.desk.settings.data.rglob("*"):
        assert not path.is_file() or guest.begun.token.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_adv_60_no_request_brings_a_session_back_while_its_agent_is_shut_out(app: Served) -> None:
    chance = random.Random(60)
    for number in range(10):
        email = f"gone{number}@acme.example"
        gone, password = await agents.add_agent(app.desk, app.house.actor, email, "Gone", "agent")
        kept = (await app.sign_in(email, password)).cookies["lethe_session"]
        app.client.cookies.clear()

        async def ask(pause: float, kept: str = kept) -> int:
            await asyncio.sleep(pause)
            return (await app.call("GET", "/api/v1/account", cookie=f"lethe_session={kept}")).status_code

        asking = [asyncio.create_task(ask(chance.random() / 50)) for _ in range(10)]
        await agents.deactivate_agent(app.desk, app.house.actor, gone.id)
        assert {await each for each in asking} <= {200, 401}
        assert await ask(0) == 401


async def test_adv_66_an_empty_mark_is_no_mark(app: Served) -> None:
    await app.sign_in()
    for mark in ({}, {"x-csrf-token": ""}, {"x-csrf-token": "0" * 64}, {"x-csrf-token": " "}):
        answer = await app.client.patch("/api/v1/account", json={"name": "Taken"}, headers={"origin": CHAT} | mark)
        problem_of(answer, 403, "forbidden")
    assert (await app.rest("GET", "/account")).json()["name"] == "Acme"
