"""What a stranger from another account tries by every route, filter and frame, with a control that a leak is found."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

import httpx2
import pytest
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from chat.core import frames
from chat.core.settings import Settings
from chat.export.actions import building
from chat.infra.store.columns import metadata
from chat.routes import every, rest, routes
from chat.spam_filter.actions import runs
from tests.inside import Guest, House, Served, found, new_id, served
from tests.lethe import Account, Lethe
from tests.sockets import Socket

pytestmark = pytest.mark.anyio
FILE = object()
NOTICE = {
    "locale": "en",
    "text": "Ours.",
    "privacy_url": "https://other.example/p",
    "chat_label": "Yes",
    "training_label": "",
}
# What each route that changes something of somebody is asked with, in an order in which its owner may do it all.
ASKED: dict[str, Any] = {
    "PATCH /tickets/{number:int}": {"status": "pending"},
    "POST /tickets/{number:int}/attachments": FILE,
    "POST /tickets/{number:int}/messages": {"id": "TAKEN", "text": "intruding"},
    "POST /tickets/{number:int}/notes": {"id": "TAKEN", "text": "intruding"},
    "PUT /tickets/{number:int}/spam": {"spam": True},
    "POST /spam/quarantine": {"word": "confirm", "messages": [{"ticket": 1, "seq": 1}]},
    "DELETE /spam/training-runs/{id}": None,
    "PUT /contacts/{id}/hold": {"reason": "intruding", "days": 3},
    "DELETE /contacts/{id}/hold": None,
    "DELETE /tickets/{number:int}/messages/{seq:int}": None,
    "POST /contacts/{id}/exports": None,
    "DELETE /exports/{id}": None,
    "DELETE /attachments/{id}": None,
    "DELETE /tickets/{number:int}": None,
    "DELETE /contacts/{id}": None,
    "POST /erasures": {"contact_id": "CONTACT"},
    "PATCH /departments/{id}": {"name": "intruding"},
    "DELETE /departments/{id}": None,
}
OWN_ONLY = {
    "POST /spam/classify",
    "PUT /spam/model",
    "POST /spam/training-runs",
    "POST /notices",
    "PATCH /account",
    "PUT /retention",
    "POST /retention/runs",
    "POST /departments",
}
"""These name nobody: they are about the account that asks."""
WITHOUT_TOKEN = {str(each) for each in every() if each.audience == "anybody"}
FRAMES: dict[type, dict[str, Any]] = {
    frames.Open: {"type": "open", "last_seq": 0},
    frames.AgentMessage: {"type": "message", "id": "ID", "text": "intruding"},
    frames.AgentNote: {"type": "note", "id": "ID", "text": "intruding"},
    frames.AgentTyping: {"type": "typing", "on": True},
    frames.AgentRead: {"type": "read", "seq": 1},
}
SILENT = {frames.Close}
"""Stops watching; nothing is watched, so nothing is answered."""


@dataclass
class Theirs:
    """What an account has that another may ask for."""

    guest: Guest
    attachment: str
    erasure: str
    department: str
    run: str
    training: str
    export: str

    def path(self, path: str) -> str:
        """An address of theirs."""
        named = {"attachments": self.attachment, "contacts": self.guest.contact.uid, "erasures": self.erasure}
        named |= {"departments": self.department, "retention": self.run, "exports": self.export, "spam": self.training}
        return (
            path.replace("{number:int}", "1")
            .replace("{seq:int}", "1")
            .replace("{id}", named.get(path.split("/")[1], "?"))
        )


@pytest.fixture
async def theirs(app: Served) -> Theirs:
    """A ticket with message, note and file, a contact, an erasure of another contact."""
    return await filled(app)


async def filled(app: Served) -> Theirs:
    """Fill the account that the application has."""
    guest = await app.house.visit("Ada", "ada@visitor.example")
    await guest.say("A question of theirs")
    sent = await app.client.post(
        f"/widget/{app.house.key}/attachments", files={"file": ("theirs.txt", b"of theirs")}, headers=guest.bearer
    )
    assert sent.status_code == 201, sent.text
    await app.rest("POST", "/tickets/1/notes", {"id": new_id(), "text": "A note of theirs"})
    training = await trained(app)
    await app.rest("PATCH", "/account", {"grace_days": 30})  # so that the erasure waits, and no sweep changes a row
    gone = await app.house.visit("Bob", "bob@visitor.example")
    asked = await app.client.request("DELETE", f"/widget/{app.house.key}/sessions", headers=gone.bearer)
    department = (await app.rest("POST", "/departments", {"name": "Of theirs"})).json()["id"]
    run = (await app.rest("POST", "/retention/runs", {"dry_run": True})).json()["id"]
    export = (await app.rest("POST", f"/contacts/{guest.contact.uid}/exports")).json()["id"]
    assert await building.sweep(app.services) == 1
    return Theirs(guest, sent.json()["id"], asked.json()["erasure_id"], department, run, training, export)


async def trained(app: Served) -> str:
    """A training run of theirs that is done."""
    cleo = await app.house.visit("Cleo", training=True)
    await app.rest("PUT", f"/tickets/{(await cleo.say('Hello')).number}/spam", {"spam": False})
    run = str((await app.rest("POST", "/spam/training-runs")).json()["id"])
    await runs.sweep(app.services)
    return run


async def test_nothing_of_another_account_is_reached_over_rest(app: Served, theirs: Theirs) -> None:
    other = await found(app.services, "Other", "owner@other.example", app.house.box)
    before = await rows(app, other)
    assert await reached(app, other, theirs, rest()) == []
    assert await rows(app, other) == before


async def test_who_may_is_answered(app: Served, theirs: Theirs) -> None:
    reading = [each for each in named(rest()) if each.startswith("GET")]
    for each in [*reading, *ASKED]:
        answer = await asked(app, app.house, theirs, each)
        erased = each == "POST /erasures" and answer.status_code == 404
        assert answer.is_success or erased, (each, answer.status_code, answer.text)


async def test_a_route_that_gives_what_is_anothers_is_found(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def loose(_: Request) -> JSONResponse:
        return JSONResponse({})

    made: list[BaseRoute] = [Route("/contacts/{id}/loose", loose), *rest()]
    monkeypatch.setattr("chat.routes.rest", lambda _: made)
    async with served(settings) as app:
        theirs, other = await filled(app), await found(app.services, "Other", "owner@other.example", app.house.box)
        assert await reached(app, other, theirs, made) == ["GET /contacts/{id}/loose"]


def test_a_route_that_changes_something_is_named_here() -> None:
    changing = {each for each in named(rest()) if not each.startswith("GET")}
    assert changing == set(ASKED) | OWN_ONLY


async def test_asking_by_anothers_ids_finds_nobody(app: Served, theirs: Theirs) -> None:
    other = await found(app.services, "Other", "owner@other.example", app.house.box)
    me = app.house.actor.agent_id
    for query in (f"/tickets?contact={theirs.guest.contact.uid}", f"/tickets?assignee={me}", "/tickets?held=false"):
        assert (await app.rest("GET", query, house=other)).json()["items"] == [], query
    by_email = "/contacts?email=ada@visitor.example"
    assert (await app.rest("GET", by_email, house=other)).json()["items"] == []
    assert len((await app.rest("GET", by_email)).json()["items"]) == 1
    answer = await app.rest("POST", "/erasures", {"email": "ada@visitor.example"}, house=other)
    assert answer.status_code == 404


async def test_a_ticket_is_given_to_no_agent_of_another_account(app: Served, theirs: Theirs) -> None:
    other = await found(app.services, "Other", "owner@other.example", app.house.box)
    for whom, status in ((other.actor.agent_id, 404), (app.house.actor.agent_id, 200)):
        answer = await app.rest("PATCH", theirs.path("/tickets/{number:int}"), {"assignee": whom})
        assert answer.status_code == status


async def test_what_an_account_does_to_itself_leaves_others_as_they_were(app: Served) -> None:
    other = await found(app.services, "Other", "owner@other.example", app.house.box)
    before = (await app.rest("GET", "/account")).json()
    assert (await app.rest("POST", "/notices", {"texts": [NOTICE]}, house=other)).status_code == 201
    assert (await app.rest("PATCH", "/account", {"name": "Renamed"}, house=other)).status_code == 200
    assert (await app.rest("GET", "/account", house=other)).json()["name"] == "Renamed"
    assert (await app.rest("GET", "/account")).json() == before


async def test_a_visitors_token_is_good_on_its_own_site_alone(app: Served, theirs: Theirs) -> None:
    other = await found(app.services, "Other", "owner@other.example", app.house.box)
    await other.publish()
    before = await rows(app, app.house)
    asked = [each for each in named(routes()) if "/widget/{site_key}" in each and each not in WITHOUT_TOKEN]
    assert len(asked) >= 5
    for key, refused in ((other.key, True), (app.house.key, False)):
        for each in sorted(asked):
            method, _, path = each.partition(" ")
            where = path.replace("{site_key}", key).replace("{id}", theirs.attachment)
            if refused or method == "GET":
                answer = await app.client.request(method, where, headers=theirs.guest.bearer)
                assert (answer.status_code == 401) == refused, (each, answer.status_code)
    assert await rows(app, app.house) == before


def test_every_frame_about_a_ticket_is_tried() -> None:
    about = {each for each in get_args(frames.AgentFrame) if "ticket" in each.__struct_fields__}
    assert about == set(FRAMES) | SILENT


def test_an_agent_reaches_no_ticket_of_another_account(lethe: Lethe) -> None:
    ours, other = lethe.account(), lethe.account()
    ours.publish()
    with ours.contact("Ada").socket() as visitor:
        visitor.get("welcome")
        number = visitor.post("A question of theirs")["ticket"]
        before = (ours.messages(number), ours.notes(number))
        with welcomed(other) as stranger, welcomed(ours) as agent:
            for each in FRAMES.values():
                stranger.send(**_framed(each, number))
                assert stranger.refused() == "not_found", each
            assert "A question of theirs" not in repr(stranger.heard + stranger.settle())
            assert [each for each in visitor.settle() if each["type"] != "presence"] == []
            assert (ours.messages(number), ours.notes(number)) == before
            agent.send("open", ticket=number, last_seq=0)
            assert agent.get("welcome", ticket=number)["messages"][0]["text"] == "A question of theirs"


def _framed(frame: dict[str, Any], number: int) -> dict[str, Any]:
    made = {("kind" if name == "type" else name): value for name, value in frame.items()}
    return made | {"ticket": number} | ({"id": new_id()} if "id" in made else {})


def welcomed(account: Account) -> Socket:
    """An agent's socket that has been welcomed."""
    made = account.agent()
    made.get("welcome")
    return made


async def reached(app: Served, other: House, theirs: Theirs, found_routes: list[BaseRoute]) -> list[str]:
    """The routes by which another account's agent gets an answer about what is not theirs."""
    seen = []
    for each in named(found_routes):
        if each in OWN_ONLY:
            continue
        answer = await asked(app, other, theirs, each)
        if "{" in each or each in ASKED:
            fine = answer.status_code in {403, 404}
        else:
            marks = (
                theirs.guest.contact.uid,
                theirs.attachment,
                theirs.erasure,
                theirs.department,
                theirs.run,
                theirs.training,
                theirs.export,
                app.house.actor.agent_id,
                app.house.key,
            )
            fine = answer.is_success and not any(mark in answer.text for mark in marks)
        if not fine:
            seen.append(each)
    return seen


async def asked(app: Served, house: House, theirs: Theirs, each: str) -> httpx2.Response:
    """Ask one route for what is theirs, with the token of `house`."""
    method, _, path = each.partition(" ")
    body, where = ASKED.get(each), f"/api/v1{theirs.path(path)}"
    if body is FILE:
        return await app.client.post(where, files={"file": ("a.txt", b"intruding")}, headers=house.bearer)
    if body:
        meant = {"TAKEN": new_id(), "CONTACT": theirs.guest.contact.uid}
        body = {name: meant.get(str(value), value) for name, value in body.items()}
    return await app.client.request(method, where, json=body, headers=house.bearer)


def named(found_routes: list[BaseRoute]) -> Iterator[str]:
    """Every verb with its address."""
    for each in found_routes:
        if isinstance(each, Route):
            yield from (f"{method} {each.path}" for method in sorted((each.methods or set()) - {"HEAD"}))


async def rows(app: Served, looking: House) -> list[str]:
    """Every row there is, but not what the audit log says of those who look at what is their own."""

    def work(tx: Any) -> list[str]:
        return sorted(
            f"{each.name} {tuple(row)}"
            for each in metadata.sorted_tables
            for row in tx.execute(select(each))
            if each.name not in {"audit", "audit_head"} or row.account_id != looking.actor.account_id
        )

    return await app.services.store.read(work)
