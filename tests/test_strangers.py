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
from chat.core.clock import DAY, now, stamp
from chat.core.settings import Settings
from chat.export.actions import building
from chat.factors import store as factors
from chat.identity_providers import store as providers
from chat.infra.store.columns import metadata
from chat.routes import every, rest, routes
from chat.spam_filter.actions import runs
from chat.team.actions import agents
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
    "POST /tickets/{number:int}/take": None,
    "POST /tickets/bulk": {"tickets": [{"number": 1}], "change": {"status": "open"}},
    "POST /tickets/{number:int}/attachments": FILE,
    "POST /tickets/{number:int}/response-files": {"file": "RESPONSE_FILE"},
    "POST /tickets/{number:int}/messages": {"id": "TAKEN", "text": "intruding"},
    "POST /tickets/{number:int}/notes": {"id": "TAKEN", "text": "intruding"},
    "POST /tickets/{number:int}/transfer": {
        "id": "0b0f8c0e-3a4b-4d55-b6a1-3f8d5c1e9a77",
        "note": "intruding",
        "assignee": "me",
    },
    "POST /tickets/{number:int}/merge": {"into": 1},
    "POST /tickets/{number:int}/transcript": None,
    "PUT /tickets/{number:int}/spam": {"spam": True},
    "PUT /tickets/{number:int}/snooze": {"until": stamp(now() + DAY)},
    "DELETE /tickets/{number:int}/snooze": None,
    "DELETE /sites/{id}/notice": None,
    "POST /spam/quarantine": {"word": "confirm", "messages": [{"ticket": 1, "seq": 1}]},
    "DELETE /spam/training-runs/{id}": None,
    "PATCH /contacts/{id}": {"name": "intruding"},
    "POST /contacts/{id}/merge": {"other": "SAME"},
    "PUT /contacts/{id}/block": {"days": 3},
    "DELETE /contacts/{id}/block": None,
    "PUT /contacts/{id}/hold": {"reason": "intruding", "days": 3},
    "DELETE /contacts/{id}/hold": None,
    "PATCH /tickets/{number:int}/messages/{seq:int}": {"id": "TAKEN", "text": "intruding"},
    "DELETE /tickets/{number:int}/messages/{seq:int}": None,
    "DELETE /mentions/{number:int}": None,
    "POST /contacts/{id}/exports": None,
    "DELETE /exports/{id}": None,
    "DELETE /attachments/{id}": None,
    "DELETE /tickets/{number:int}": None,
    "DELETE /contacts/{id}": None,
    "POST /erasures": {"contact_id": "CONTACT"},
    "PUT /departments/{id}/routing": {"mode": "round_robin"},
    "DELETE /departments/{id}/routing": None,
    "PUT /agents/{id}/limit": {"most": 3},
    "PATCH /tags/{id}": {"name": "intruding"},
    "POST /tags/{id}/merge": {"into": "TAG"},
    "DELETE /tags/{id}": None,
    "PATCH /own-responses/{id}": {"title": "intruding"},
    "POST /own-responses/{id}/attachments": FILE,
    "DELETE /own-responses/{id}/attachments/{attachment}": None,
    "DELETE /own-responses/{id}": None,
    "PATCH /views/{id}": {"name": "intruding"},
    "DELETE /views/{id}": None,
    "PATCH /canned-responses/{id}": {"title": "intruding"},
    "POST /canned-responses/{id}/attachments": FILE,
    "DELETE /canned-responses/{id}/attachments/{attachment}": None,
    "DELETE /canned-responses/{id}": None,
    "PATCH /sites/{id}": {"name": "intruding"},
    "PATCH /departments/{id}": {"name": "intruding"},
    "DELETE /departments/{id}": None,
    "DELETE /sessions/{id}": None,
    "PATCH /tokens/{id}": {"name": "intruding"},
    "DELETE /tokens/{id}": None,
    "POST /invitations/{id}/send": None,
    "DELETE /invitations/{id}": None,
    "PATCH /identity-providers/{id}": {"name": "intruding"},
    "POST /identity-providers/{id}/test": None,
    "DELETE /identity-providers/{id}/agents/{agent}": None,
    "DELETE /identity-providers/{id}": None,
    "POST /erasure-asks/{id}/refusal": {"reason": "intruding"},
    "POST /erasure-asks/{id}/confirmation": None,
    "PATCH /agents/{id}": {"name": "intruding"},
    "DELETE /agents/{id}/second-factor": None,
    "POST /agents/{id}/deactivation": None,
    "POST /agents/{id}/reactivation": None,
    "DELETE /agents/{id}": None,
    "POST /agents/{id}/ownership": None,
    "PATCH /webhooks/{id}": {"name": "intruding"},
    "POST /webhooks/{id}/secret": None,
    "POST /webhooks/{id}/test": None,
    "POST /webhooks/{id}/deliveries/{delivery}": None,
    "DELETE /webhooks/{id}": None,
    "POST /sites/{id}/customer-secrets": {"way": "hash"},
    "DELETE /sites/{id}/customer-secrets/{secret_id}": None,
    "DELETE /sites/{id}": None,
}
EACH = {"POST /tickets/bulk"}
"""These say of each thing what became of it."""
OWN_ONLY = {
    "POST /spam/classify",
    "PUT /spam/model",
    "POST /spam/training-runs",
    "POST /notices",
    "PATCH /account",
    "PATCH /agents/me",
    "PUT /agents/me/portrait",
    "DELETE /agents/me/portrait",
    "DELETE /sessions",
    "PUT /push",
    "DELETE /push",
    "POST /push/heard",
    "PUT /retention",
    "PUT /routing",
    "POST /retention/runs",
    "POST /canned-responses",
    "POST /own-responses",
    "POST /views",
    "POST /search",
    "POST /contacts/search",
    "POST /departments",
    "POST /sites",
    "POST /agents",
    "POST /identity-providers",
    "POST /invitations",
    "POST /tokens",
    "POST /webhooks",
    "PUT /networks",
    "PUT /roles",
    "PUT /ticket-fields",
}
"""These name nobody: they are about the account that asks."""
QUERIES = {"GET /search": "?q=question"}
"""What these cannot be asked without."""
WITHOUT_TOKEN = {str(each) for each in every() if each.audience == "anybody"}
FRAMES: dict[type, dict[str, Any]] = {
    frames.Open: {"type": "open", "last_seq": 0},
    frames.Earlier: {"type": "earlier", "before": 2},
    frames.AgentMessage: {"type": "message", "id": "ID", "text": "intruding"},
    frames.AgentNote: {"type": "note", "id": "ID", "text": "intruding"},
    frames.AgentEdit: {"type": "edit", "id": "ID", "target": 1, "text": "intruding"},
    frames.AgentTyping: {"type": "typing", "on": True},
    frames.AgentRead: {"type": "read", "seq": 1},
}
SILENT: dict[type, dict[str, Any]] = {frames.Close: {"type": "close"}, frames.Looking: {"type": "looking"}}
"""Both are about a ticket that is open here: none is, so nothing is answered."""


@dataclass
class Theirs:
    """What an account has that another may ask for."""

    guest: Guest
    attachment: str
    erasure: str
    department: str
    response: str
    own_response: str
    files: dict[str, str]
    view: str
    tags: list[str]
    run: str
    training: str
    export: str
    agent: str
    session: str
    token: str
    invitation: str
    provider: str
    asks: tuple[str, str]
    heir: str
    webhook: tuple[str, str]
    site: str
    secret: str
    same: str

    def path(self, path: str) -> str:
        """An address of theirs."""
        named = {"attachments": self.attachment, "contacts": self.guest.contact.uid, "erasures": self.erasure}
        named |= {"departments": self.department, "retention": self.run, "exports": self.export, "spam": self.training}
        named |= {
            "canned-responses": self.response,
            "own-responses": self.own_response,
            "views": self.view,
            "agents": self.agent,
            "sessions": self.session,
            "tokens": self.token,
        }
        named |= {"invitations": self.invitation, "erasure-asks": self.asks[0], "webhooks": self.webhook[0]}
        named |= {"identity-providers": self.provider}
        if path.startswith("/tags/"):
            named["tags"] = self.tags.pop()  # each is gone, or is called otherwise, afterwards
        named |= {"sites": self.site}
        path = path.replace("{secret_id}", self.secret)
        # What the one before it took away.
        again = {
            "/erasure-asks/{id}/confirmation": self.asks[1],
            "/agents/{id}/ownership": self.heir,
        }
        uid = again.get(path) or named.get(path.split("/")[1], "?")
        return (
            path.replace("{number:int}", "1")
            .replace("{seq:int}", "1")
            .replace("{id}", uid)
            .replace("{delivery}", self.webhook[1])
            .replace("{agent}", self.agent)
            .replace("{attachment}", self.files.get(path.split("/")[1], "?"))
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
    await app.rest("PATCH", "/tickets/1", {"tags": ["a", "b", "c", "d"]})
    tags = [each["id"] for each in (await app.rest("GET", "/tags")).json()["items"]]
    reply = {"shortcut": "hours", "title": "Hours", "text": "9 to 5"}
    response, own_response = [
        (await app.rest("POST", f"/{kind}-responses", reply)).json()["id"] for kind in ("canned", "own")
    ]
    files = dict[str, str]()
    for kind, uid in (("canned-responses", response), ("own-responses", own_response)):
        put = await app.client.post(
            f"/api/v1/{kind}/{uid}/attachments", files={"file": ("a.txt", b"of theirs")}, headers=app.house.bearer
        )
        files[kind] = put.json()["id"]
    view = (await app.rest("POST", "/views", {"name": "Open", "filters": {"status": "open"}})).json()["id"]
    run = (await app.rest("POST", "/retention/runs", {"dry_run": True})).json()["id"]
    export = (await app.rest("POST", f"/contacts/{guest.contact.uid}/exports")).json()["id"]
    assert await building.sweep(app.services) == 1
    ann, zoe = [
        (await agents.add_agent(app.services, app.house.actor, f"{name}@acme.example", name, "agent"))[0].id
        for name in ("ann", "zoe")
    ]
    await app.services.store.write(lambda tx: factors.put_totp(tx, ann, b"", 0, 0))
    token = (await app.rest("POST", "/tokens", {"name": "Theirs", "scopes": ["account:read"]})).json()["id"]
    invitation = (await app.rest("POST", "/invitations", {"email": "bea@acme.example", "role": "agent"})).json()["id"]
    site = (await app.rest("POST", "/sites", {"name": "Another", "origins": ["https://two.example"]})).json()["id"]
    secret = (await app.rest("POST", f"/sites/{site}/customer-secrets", {})).json()["id"]
    await app.rest("POST", "/notices", {"texts": [NOTICE], "site": site})
    return Theirs(
        guest,
        sent.json()["id"],
        asked.json()["erasure_id"],
        department,
        response,
        own_response,
        files,
        view,
        tags,
        run,
        training,
        export,
        ann,
        await session_of(app),
        token,
        invitation,
        await provider_of(app, ann),
        await asks_of(app, zoe),
        zoe,
        await webhook_of(app),
        site,
        secret,
        (await app.house.visit("Fay")).contact.uid,
    )


async def webhook_of(app: Served) -> tuple[str, str]:
    """A webhook of theirs, and what it is told. Nobody sends it."""
    wanted = {"name": "Theirs", "url": "https://1.1.1.1/hook", "events": ["ticket.created"]}
    uid = (await app.rest("POST", "/webhooks", wanted)).json()["id"]
    await app.rest("POST", f"/webhooks/{uid}/test")
    return uid, (await app.rest("GET", f"/webhooks/{uid}/deliveries")).json()["items"][0]["id"]


async def provider_of(app: Served, agent: str) -> str:
    """An identity provider of theirs, at which an agent is somebody."""
    made = await uncalled_provider(app, "Theirs", "acme.example")
    row = {"id": new_id(), "agent_id": agent, "provider_id": made, "subject_hash": "theirs", "created_at": 0}
    await app.services.store.write(lambda tx: providers.link(tx, row))
    return made


async def uncalled_provider(app: Served, name: str, domain: str) -> str:
    """An identity provider of theirs that is not called from here, whoever asks for that."""
    body = {"name": name, "issuer": "https://1.1.1.1", "client_id": "theirs", "domains": [domain]}
    made = str((await app.rest("POST", "/identity-providers", body)).json()["id"])
    await app.services.store.write(
        lambda tx: providers.change(tx, providers.by_id(tx, made), issuer="https://127.0.0.1")
    )
    return made


async def session_of(app: Served) -> str:
    """A session of theirs."""
    await app.sign_in()
    app.client.cookies.clear()
    return str((await app.rest("GET", "/sessions")).json()["items"][0]["id"])


async def asks_of(app: Served, agent: str) -> tuple[str, str]:
    """Erasures of two contacts of theirs that an agent asked for."""
    await app.services.store.write(lambda tx: agents.give_token(tx, agent, "lethe_asking", "asking", 0))
    for name in ("Dan", "Eve"):
        contact = (await app.house.visit(name)).contact.uid
        asking = {"authorization": "Bearer lethe_asking"}
        answer = await app.client.post("/api/v1/erasures", json={"contact_id": contact}, headers=asking)
        assert answer.status_code == 202, answer.text
    one, other = (await app.rest("GET", "/erasure-asks")).json()["items"]
    return one["id"], other["id"]


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
        unreached = each == "POST /identity-providers/{id}/test" and answer.status_code == 422
        unmailed = each == "POST /tickets/{number:int}/transcript" and answer.status_code == 404
        itself = each == "POST /tickets/{number:int}/merge" and answer.status_code == 422
        anothers = each.startswith("PATCH /tickets/{number:int}/messages") and answer.status_code == 403
        assert answer.is_success or erased or unreached or unmailed or itself or anothers, (
            each,
            answer.status_code,
            answer.text,
        )


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
    assert about == {*FRAMES, *SILENT}


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
            for each in SILENT.values():
                stranger.send(**_framed(each, number))
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
        if each in EACH:
            fine = {one["outcome"] for one in answer.json()["items"]} == {"not_found"}
        elif "{" in each or each in ASKED:
            fine = answer.status_code in {403, 404}
        else:
            marks = (
                theirs.guest.contact.uid,
                theirs.attachment,
                theirs.erasure,
                theirs.department,
                theirs.response,
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
    body, where = ASKED.get(each), f"/api/v1{theirs.path(path)}{QUERIES.get(each, '')}"
    if body is FILE:
        return await app.client.post(where, files={"file": ("a.txt", b"intruding")}, headers=house.bearer)
    if body:
        meant = {"TAKEN": new_id(), "CONTACT": theirs.guest.contact.uid, "TAG": theirs.tags[0], "SAME": theirs.same}
        meant["RESPONSE_FILE"] = theirs.files["canned-responses"]
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
