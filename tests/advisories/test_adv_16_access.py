"""
Whose a thing is: loose comparison (CVE-2022-1176), writable owners (CVE-2026-72719), uploads without a chat
(CVE-2026-63765), policies that are not asked (CVE-2026-41189, CVE-2022-35247, CVE-2026-55762), operators for values
(CVE-2022-32226), secrets of visitors that can be read, and a race with deactivation (CVE-2022-24751).
"""

import asyncio
import re
from itertools import product
from typing import Any

import pytest

from chat.attachments.actions import attachments
from chat.lifecycle.actions import changes
from chat.routes import routes
from chat.team import store
from chat.team.actions import agents
from tests.chance import dice
from tests.inside import CHAT, Served, colleague, counted, new_id, problem_of
from tests.test_docs import addresses

pytestmark = pytest.mark.anyio
API = sorted(each for each in addresses(routes()) if " /api/v1/" in each)
EVERYBODYS = {"/admin/quarantine", "/admin/tokens"}
"""Every agent judges what is held, and has tokens of their own."""
OWNERS = sorted(
    each.split(" ", 1)[1]
    for each in addresses(routes())
    if each.startswith("GET /admin/") and each.split(" ", 1)[1] not in EVERYBODYS and "{" not in each
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
    before = await counted(app.services)
    for headers in ({}, {"authorization": "Bearer x"}, app.house.bearer):
        answer = await app.client.post(path, files=file, headers=headers)
        problem_of(answer, 401, "unauthorized")
    assert await counted(app.services) == before


async def test_adv_27_nothing_is_open_that_does_not_say_so(app: Served, subtests: pytest.Subtests) -> None:
    strangers: tuple[dict[str, str], ...] = (
        {},
        {"authorization": "Bearer lethe_" + "x" * 43},
        {"cookie": "lethe_session=x"},
    )
    for address, headers in product(API, strangers):
        verb, path = address.split(" ", 1)
        with subtests.test(f"{address} {[*headers]}"):
            answer = await app.call(verb, filled(path), {} if verb != "GET" else None, **headers)
            problem_of(answer, 401, "unauthorized")


async def test_adv_30_an_agent_is_kept_out_of_every_owners_page(app: Served, subtests: pytest.Subtests) -> None:
    low, password = await agents.add_agent(app.services, app.house.actor, "low@acme.example", "Low", "agent")
    await app.sign_in(low.email, password)
    await app.services.store.write(lambda tx: store.change(tx, low.id, password_due=False))
    for path in OWNERS:
        with subtests.test(path):
            assert (await app.client.get(path, headers={"accept": "text/html"})).status_code == 403


async def test_adv_20_what_an_agent_may_not_read_they_may_not_change(app: Served) -> None:
    low, bearer = await with_token(app)
    guest = await app.house.visit("Zoe", "zoe@visitor.example")
    await guest.say("hello")
    here = guest.contact.uid
    actions = [
        ("GET", "/tickets/1", None),
        ("GET", "/tickets/1/messages", None),
        ("PATCH", "/tickets/1", {"status": "pending", "assignee": low}),
        ("PUT", "/tickets/1/spam", {"spam": True}),
        ("POST", "/tickets/1/messages", {"id": new_id(), "text": "x"}),
        ("POST", "/tickets/1/notes", {"id": new_id(), "text": "x"}),
        ("DELETE", "/tickets/1/messages/1", None),
        ("POST", f"/contacts/{here}/exports", None),
    ]
    for verb, path, body in actions[:-1]:  # the control: before, all of it may
        assert (await app.call(verb, f"/api/v1{path}", body, **bearer)).is_success, path
    assert (await app.rest("PUT", f"/contacts/{here}/hold", {"reason": "a case", "days": 3})).is_success
    for verb, path, body in actions:
        problem_of(await app.call(verb, f"/api/v1{path}", body, **bearer), 404, "not_found")


@pytest.mark.parametrize("how", ["hold", "withdrawal"])
async def test_adv_22_a_file_is_closed_with_the_chat_it_is_of(app: Served, how: str) -> None:
    _, bearer = await with_token(app)
    assert (await app.rest("PATCH", "/account", {"grace_days": 7})).is_success
    guest = await app.house.visit("Zoe")
    file = await attachments.keep(app.services, guest.contact, "visitor", "a.txt", b"plain text of theirs")
    said = guest.draft("with a file")
    said.attachments = (file.id,)
    await app.house.box.post(said)
    asked = [(f"/api/v1/attachments/{file.id}", bearer)]
    asked += [(f"/widget/{app.house.key}/attachments/{file.id}", guest.bearer)] if how == "withdrawal" else []
    assert [(await app.call("GET", path, **headers)).status_code for path, headers in asked] == [200] * len(asked)
    if how == "hold":
        await app.rest("PUT", f"/contacts/{guest.contact.uid}/hold", {"reason": "a case", "days": 3})
    else:
        assert (await app.call("DELETE", f"/widget/{app.house.key}/sessions", **guest.bearer)).status_code == 202
    for path, headers in asked:
        answer = await app.call("GET", path, **headers)
        assert 400 <= answer.status_code < 500, (path, answer.status_code)
        assert b"theirs" not in answer.content


@pytest.mark.parametrize("role", ["agent", "admin"])
async def test_adv_26_nobody_makes_a_role_above_their_own(app: Served, role: str) -> None:
    low, password = await colleague(app.services, app.house.actor, "low@acme.example", "Low", role)
    await app.sign_in(low.email, password)
    page = await app.client.get("/password", headers={"accept": "text/html"})
    csrf = page.text.partition('name="csrf" value="')[2].partition('"')[0]
    form = {"csrf": csrf, "name": "Mine", "email": "mine@acme.example", "role": "owner"}
    before = await counted(app.services)
    answer = await app.client.post("/admin/agents", data=form, headers={"origin": CHAT})
    assert answer.status_code == 403
    assert await counted(app.services) == before
    if role == "admin":  # the control: the form is good but for the role
        answer = await app.client.post("/admin/agents", data=form | {"role": "agent"}, headers={"origin": CHAT})
        assert (await counted(app.services))["invitation"] == before["invitation"] + 1


async def with_token(app: Served) -> tuple[str, dict[str, str]]:
    """An agent without rights, and the header of a program of theirs."""
    low, _ = await colleague(app.services, app.house.actor, "low@acme.example", "Low", "agent")
    await app.services.store.write(lambda tx: agents.give_token(tx, low.id, "lethe_" + "l" * 43, "x", 1))
    return low.id, {"authorization": "Bearer lethe_" + "l" * 43}


@pytest.mark.parametrize("value", [{"$ne": ""}, ["open"], None, 1, True])
async def test_adv_28_an_operator_is_no_value(app: Served, value: Any) -> None:
    await (await app.house.visit("Zoe")).say("hello")
    problem_of(await app.rest("PATCH", "/tickets/1", {"status": value}), 422, "invalid_field")


async def test_adv_42_a_visitors_token_is_kept_nowhere(app: Served) -> None:
    guest = await app.house.visit("Zoe")
    await guest.say("hello")
    for path in app.services.settings.data.rglob("*"):
        assert not path.is_file() or guest.begun.token.encode() not in path.read_bytes(), path


async def test_adv_60_no_request_brings_a_session_back_while_its_agent_is_shut_out(app: Served) -> None:
    chance = dice("requests during a deactivation")
    for number in range(25):
        email = f"gone{number}@acme.example"
        gone, password = await colleague(app.services, app.house.actor, email, "Gone", "agent")
        kept = (await app.sign_in(email, password)).cookies["lethe_session"]
        app.client.cookies.clear()

        async def ask(pause: float, kept: str = kept) -> int:
            await asyncio.sleep(pause)
            return (await app.call("GET", "/api/v1/account", cookie=f"lethe_session={kept}")).status_code

        asking = [asyncio.create_task(ask(chance.random() / 50)) for _ in range(10)]
        await asyncio.sleep(chance.random() / 100)
        await changes.deactivate(app.services, app.house.actor, gone.id)
        assert {await each for each in asking} <= {200, 401}
        assert await ask(0) == 401


async def test_adv_66_an_empty_mark_is_no_mark(app: Served) -> None:
    await app.sign_in()
    for mark in ({}, {"x-csrf-token": ""}, {"x-csrf-token": "0" * 64}, {"x-csrf-token": " "}):
        answer = await app.client.patch("/api/v1/account", json={"name": "Taken"}, headers={"origin": CHAT} | mark)
        problem_of(answer, 403, "forbidden")
    assert (await app.rest("GET", "/account")).json()["name"] == "Acme"
