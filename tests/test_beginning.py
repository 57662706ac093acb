"""Agreeing twice is agreeing once: the same id gives the same contact, and no twin is left that no erasure reaches."""

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from chat.consent.actions import beginning
from chat.consent.actions.beginning import Begun
from chat.erasure.actions import erasure
from chat.infra.services import Services
from chat.infra.store import everything
from tests.cable import Cable
from tests.chance import dice
from tests.inside import SHOP, Guest, Served, contact_of, found, new_id, problem_of
from tests.lethe import Account, Lethe
from tests.services import PostgreSQL
from tests.test_widget_http import YES, agree, kept

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]
ZOE = {"name": "Zoe", "email": "zoe@x.example"}

ANSWERS = {"name": ("Zoe", "Zo"), "email": ("a@x.example", "b@x.example")}


async def named(app: Served, email: str = "zoe@x.example") -> list[dict[str, Any]]:
    """The account's contacts with an address."""
    items: list[dict[str, Any]] = (await app.rest("GET", f"/contacts?email={email}")).json()["items"]
    return items


async def gone(app: Served, begun: dict[str, Any]) -> None:
    """Withdraws and carries the erasure out."""
    headers = {"authorization": f"Bearer {begun['token']}"}
    assert (await app.call("DELETE", f"/widget/{app.house.key}/sessions", **headers)).status_code == 202
    await erasure.sweep(app.services)


async def say(app: Served, begun: dict[str, Any], text: str = "Hello?") -> None:
    """The contact writes."""
    contact = await contact_of(app.services, begun["contact_id"])
    await Guest(app.house, Begun(**begun), contact).say(text)


async def test_the_same_id_is_the_same_contact_and_a_token_for_it(app: Served) -> None:
    rows, keys = await kept(app)
    name = new_id()
    first, second = (await agree(app, id=name, fields=ZOE)), (await agree(app, id=name.upper(), fields=ZOE))
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json()["contact_id"] == first.json()["contact_id"]
    assert second.json()["receipt"] == first.json()["receipt"]
    assert await kept(app) == (rows | {"contact": 1, "receipt": 1}, keys + 1)
    for answer in (first, second):
        bearer = {"authorization": f"Bearer {answer.json()['token']}"}
        assert (await app.call("GET", f"/widget/{app.house.key}/receipt", **bearer)).status_code == 200
    await gone(app, second.json())
    assert await named(app) == []
    assert (await kept(app))[1] == keys


async def test_without_an_id_a_twin_is_left_and_is_seen(app: Served) -> None:
    """The control: the same story without an id leaves what the others look for."""
    await agree(app, fields=ZOE)
    second = await agree(app, fields=ZOE)
    await gone(app, second.json())
    assert len(await named(app)) == 1


async def test_a_server_that_forgets_the_ids_is_found_out(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Services, "begun_hash", lambda *_: str(uuid.uuid4()))
    name = new_id()
    await agree(app, id=name, fields=ZOE)
    await gone(app, (await agree(app, id=name, fields=ZOE)).json())
    assert len(await named(app)) == 1


async def test_posts_that_race_make_one_contact(app: Served) -> None:
    rows, keys = await kept(app)
    name = new_id()
    answers = await asyncio.gather(*(agree(app, id=name, fields=ZOE) for _ in range(12)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["contact_id"] for answer in answers}) == 1
    assert await kept(app) == (rows | {"contact": 1, "receipt": 1}, keys + 1)


async def test_what_is_said_last_counts_in_answers_and_choices(app: Served) -> None:
    """Any run of presses ends as the last one alone would have."""
    chance = dice("beginnings")
    for _ in range(4):
        name = new_id()
        for _ in range(chance.randint(2, 5)):
            fields = {each: chance.choice(some) for each, some in ANSWERS.items() if chance.random() < 0.7}
            training = chance.random() < 0.5
            locale = chance.choice(["en", "el"])
            choices = {"chat": True, "spam_training": training}
            begun = (await agree(app, id=name, fields=fields, consent=choices, locale=locale)).json()
        shown = (await app.rest("GET", f"/contacts/{begun['contact_id']}")).json()
        said = {each: value or None for each, value in (("name", shown["name"]), ("email", shown["email"]))}
        assert said == {"name": fields.get("name"), "email": fields.get("email")}
        assert begun["receipt"]["receipt"]["consent"] == choices
        assert shown["consents"][-1]["purposes"] == choices
        assert shown["locale"] == begun["receipt"]["receipt"]["locale"] == locale
        if "email" in fields:
            assert begun["contact_id"] in {each["id"] for each in await named(app, fields["email"])}
        await gone(app, begun)
    assert (await app.rest("GET", "/contacts")).json()["items"] == []


async def test_a_new_notice_between_two_presses_is_agreed_to(app: Served) -> None:
    name = new_id()
    first = await agree(app, id=name, fields=ZOE)
    await app.house.publish()
    problem_of(await agree(app, id=name, fields=ZOE), 409, "notice_outdated")
    second = await agree(app, id=name, fields=ZOE, notice_version=2)
    assert second.json()["contact_id"] == first.json()["contact_id"]
    assert second.json()["receipt"]["receipt"]["notice"]["version"] == 2
    shown = (await app.rest("GET", f"/contacts/{first.json()['contact_id']}")).json()
    assert [each["action"] for each in shown["consents"]] == ["given", "renewed"]


async def test_after_the_first_message_the_id_changes_nothing(app: Served) -> None:
    name = new_id()
    begun = (await agree(app, id=name, fields=ZOE)).json()
    await say(app, begun)
    before = await kept(app)
    again = await agree(app, id=name, fields={"name": "Eve"}, consent={"chat": True, "spam_training": True})
    assert (again.status_code, again.json()["contact_id"]) == (201, begun["contact_id"])
    assert again.json()["receipt"] == begun["receipt"]
    assert await kept(app) == before
    assert [each["name"] for each in await named(app)] == ["Zoe"]


@pytest.mark.parametrize("days", [0, 7])
async def test_after_a_withdrawal_the_id_brings_nobody_back(app: Served, days: int) -> None:
    await app.rest("PATCH", "/account", {"grace_days": days})
    name = new_id()
    begun = (await agree(app, id=name, fields=ZOE)).json()
    await gone(app, begun)
    before = await kept(app)
    problem_of(await agree(app, id=name, fields=ZOE), 409, "not_now")
    assert await kept(app) == before
    assert (await agree(app, id=new_id(), fields=ZOE)).status_code == 201


async def test_the_control_where_nobody_knows_of_erasures_the_id_brings_them_back(app: Served) -> None:
    name = new_id()
    await gone(app, (await agree(app, id=name, fields=ZOE)).json())
    known = app.services.gathered
    app.context.services = replace(app.services, gathered=replace(known, agreement_used=()))
    assert (await agree(app, id=name, fields=ZOE)).status_code == 201


async def test_an_id_is_of_one_site_alone(app: Served) -> None:
    """Another site, and another account, makes another contact of it: neither learns that the other knows it."""
    name = new_id()
    begun = (await agree(app, id=name, fields=ZOE)).json()
    other = await found(app.services, "Other", "owner@other.example")
    await other.publish()
    elsewhere = await agree(app, other.key, id=name, fields=ZOE)
    assert elsewhere.status_code == 201
    assert elsewhere.json()["contact_id"] != begun["contact_id"]
    assert len(await named(app)) == 1


async def test_an_id_that_can_be_guessed_is_refused(app: Served) -> None:
    before = await kept(app)
    for name in (
        str(uuid.UUID(int=0)),
        str(uuid.UUID(int=(1 << 128) - 1)),
        str(uuid.uuid5(uuid.NAMESPACE_URL, "x")),
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        new_id() + "\n",
        new_id().replace("-", ""),
        f"{{{new_id()}}}",
        "",
        "x",
        7,
    ):
        problem_of(await agree(app, id=name), 422, "invalid_field")
    assert await kept(app) == before


async def test_the_id_itself_is_kept_nowhere(app: Served) -> None:
    name = new_id()
    begun = (await agree(app, id=name, fields=ZOE)).json()
    contact = await contact_of(app.services, begun["contact_id"])
    assert contact.begun is not None
    values = [b"".join(pieces) for _, pieces in everything.values(app.services.settings.database_url)]
    assert any(contact.begun.encode() in value for value in values)
    assert not any(uuid.UUID(name).bytes in value or name.encode() in value for value in values)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def lethe(request: pytest.FixtureRequest, postgresql: PostgreSQL) -> Iterator[Lethe]:
    """A server with a port, on each database."""
    more = {"DATABASE_URL": postgresql.clone()} if request.param == "postgresql" else {}
    with Lethe(**more) as started:
        yield started


def post(account: Account, origin: str, name: str) -> httpx2.Response:
    """Agrees through a cable."""
    body = {"notice_version": account.version, "consent": {"chat": True}, "fields": ZOE, "id": name}
    with httpx2.Client(base_url=origin, timeout=30, trust_env=False) as client:
        return client.post(f"/widget/{account.site}/sessions", json=body, headers={"Origin": account.origin})


def test_an_answer_that_a_line_swallowed_leaves_no_twin(lethe: Lethe) -> None:
    account, name = lethe.account(), new_id()
    with Cable(lethe.port) as cable:
        cable.mute = b"/sessions"
        for tries in (1, 2):
            with contextlib.suppress(httpx2.TransportError):
                post(account, cable.origin, name)
                raise AssertionError("the answer came")
            assert cable.cut == tries
        assert len(account.rest("GET", "/contacts")["items"]) == 1, "it was stored, and nobody learnt of it"
        cable.mute = b""
        begun = post(account, cable.origin, name).json()
    bearer = {"Authorization": f"Bearer {begun['token']}"}
    assert lethe.http.request("DELETE", f"/widget/{account.site}/sessions", headers=bearer).status_code == 202
    lethe.perform(erasure.sweep)
    assert account.rest("GET", "/contacts?email=zoe@x.example")["items"] == []
    assert lethe.count("contact") == 0


async def published_while_it_came(app: Served) -> httpx2.Response:
    """The answer to an agreement whose body was still on its way when another notice came into force."""

    async def body() -> AsyncIterator[bytes]:
        yield b" "
        await app.house.publish()
        yield json.dumps(YES).encode()

    address, headers = f"/widget/{app.house.key}/sessions", {"content-type": "application/json", "origin": SHOP}
    return await app.client.post(address, content=body(), headers=headers)


async def test_who_agreed_to_what_was_in_force_when_they_began_to_is_shown_the_new_notice(app: Served) -> None:
    _, keys = await kept(app)
    answer = problem_of(await published_while_it_came(app), 409, "notice_outdated")
    assert answer["notice"]["version"] == 2
    rows, now = await kept(app)
    assert (rows["contact"], rows["receipt"], now) == (0, 0, keys)


async def test_the_control_without_a_second_look_the_old_notice_is_agreed_to(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beginning, "_require_in_force", lambda *_: None)
    answer = await published_while_it_came(app)
    assert answer.status_code == 201
    assert answer.json()["receipt"]["receipt"]["notice"]["version"] == 1
