"""Whatever JSON a body is, of the wrong types, too large, too deep or no JSON at all: it is a problem, never a 500."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route

from chat.core.clock import DAY, now, stamp
from chat.core.settings import Settings
from chat.routes import every, rest
from chat.web import requests
from chat.web.endpoint import API
from chat.web.requests import BODY_MOST, Multipart
from tests.chance import some
from tests.inside import CHAT, Served, new_id, served

pytestmark = pytest.mark.anyio
NOTICE = {
    "locale": "en",
    "text": "Ours.",
    "privacy_url": "https://shop.example/p",
    "chat_label": "Yes",
    "training_label": "",
}
# What each route takes; the messages' ids are filled in.
SEARCH = {
    "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
    "filter": "active eq true",
    "startIndex": 1,
    "count": 10,
    "attributes": ["id"],
    "excludedAttributes": ["name"],
}
USER = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
    "userName": "zoe@acme.example",
    "externalId": "zoe-1",
    "displayName": "Zoe",
    "active": True,
    "roles": [{"value": "agent"}],
}

REPLY = {"shortcut": "hours", "title": "Hours", "text": "9 to 5", "translations": {"el": "9 με 5"}}
BODIES: dict[str, dict[str, Any]] = {
    "PATCH /tickets/{number:int}": {
        "priority": "low",
        "status": "open",
        "assignee": "me",
        "department": None,
        "tags": ["a"],
        "fields": {"order": "4711"},
    },
    "POST /tickets/bulk": {
        "id": "ID",
        "tickets": [{"number": 1, "updated_at": "2026-11-23T18:50:00.000Z"}],
        "change": {"status": "open", "assignee": "me", "department": None, "tags": ["a"]},
    },
    "POST /tickets/{number:int}/messages": {"id": "ID", "text": "hello", "attachments": []},
    "POST /tickets/{number:int}/notes": {"id": "ID", "text": "hello", "mentions": []},
    "PUT /contacts/{id}/block": {"days": 30},
    "PATCH /tickets/{number:int}/messages/{seq:int}": {"id": "ID", "text": "hello"},
    "POST /tickets/{number:int}/merge": {"into": 1},
    "POST /tickets/{number:int}/transfer": {"id": "ID", "note": "hello", "assignee": "me", "department": "none"},
    "PUT /tickets/{number:int}/spam": {"spam": False},
    "PUT /tickets/{number:int}/snooze": {"until": stamp(now() + DAY)},
    "POST /contacts/{id}/exports": {"id": "ID"},
    "POST /contacts/{id}/merge": {"other": "ID"},
    "PATCH /contacts/{id}": {"name": "Ada", "email": None, "phone": "1234", "fields": {}},
    "PUT /contacts/{id}/hold": {"reason": "a claim", "days": 3},
    "POST /erasures": {"contact_id": "01890000-0000-7000-8000-000000000000", "email": None},
    "POST /notices": {"id": "ID", "texts": [NOTICE], "site": None},
    "POST /scim/v2/.search": SEARCH,
    "POST /scim/v2/Users/.search": SEARCH,
    "POST /scim/v2/Users": USER,
    "PUT /scim/v2/Users/{id}": USER,
    "PATCH /scim/v2/Users/{id}": {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "active", "value": True}],
    },
    "PATCH /account": {
        "name": "Acme",
        "message_rate": 0,
        "agreement_rate": 0,
        "grace_days": 0,
        "consent_days": 30,
        "answer_minutes": 10,
        "answer_text": False,
        "waiting_minutes": 0,
        "export_agent_names": False,
        "export_notes": False,
        "ham_held": 0.002,
        "session_days": 14,
        "session_idle_minutes": 1440,
    },
    "PATCH /agents/me": {
        "name": "Acme",
        "alias": "A.",
        "locale": "el",
        "time_zone": "Europe/Athens",
        "notifications": {"sound": True, "desktop": False, "mail": False, "without": [], "quiet_from": "22:00"},
    },
    "PUT /push": {"endpoint": "https://push.example/x", "locale": "en"},
    "PUT /routing": {"mode": "round_robin", "most": 3, "minutes": 5},
    "PUT /departments/{id}/routing": {"mode": "least_busy", "most": 3, "minutes": 5},
    "PUT /agents/{id}/limit": {"most": 3},
    "PUT /retention": {"transcripts_days": 365, "audit_days": 730},
    "POST /retention/runs": {"id": "ID", "dry_run": True, "days": {"transcripts_days": 30}},
    "POST /canned-responses": {"id": "ID", **REPLY, "department": None},
    "PATCH /canned-responses/{id}": {**REPLY, "department": None},
    "POST /own-responses": {"id": "ID", **REPLY},
    "POST /tickets/{number:int}/response-files": {"file": "01890000-0000-7000-8000-000000000000"},
    "POST /views": {"id": "ID", "name": "Open", "filters": {"status": "open"}, "shared": False},
    "PATCH /views/{id}": {"name": "Open", "filters": {"status": "open"}, "shared": False},
    "PATCH /own-responses/{id}": REPLY,
    "PATCH /tags/{id}": {"name": "vip"},
    "POST /tags/{id}/merge": {"into": "01890000-0000-7000-8000-000000000000"},
    "POST /sites": {
        "id": "ID",
        "name": "Shop",
        "origins": ["https://two.example"],
        "color": "#123456",
        "fields": {"name": "optional"},
        "alternative": "",
        "custom_fields": [],
        "privacy_note": "",
        "position": "start",
    },
    "PATCH /sites/{id}": {
        "name": "Shop",
        "origins": ["https://two.example"],
        "color": "#123456",
        "fields": {"name": "optional"},
        "alternative": "",
        "custom_fields": [],
        "privacy_note": "",
        "position": "end",
    },
    "POST /departments": {"id": "ID", "name": "Sales", "retention": {"transcripts_days": 30}},
    "PATCH /departments/{id}": {"name": "Sales", "retention": {"transcripts_days": 30}},
    "POST /agents": {"email": "ada@acme.example", "name": "Ada", "role": "agent", "departments": [], "id": "ID"},
    "PATCH /agents/{id}": {"name": "Ada", "role": "agent", "departments": []},
    "POST /identity-providers": {
        "name": "Corp",
        "issuer": "https://1.1.1.1",
        "client_id": "lethe",
        "client_secret": "hush",
        "domains": ["acme.example"],
        "creates": True,
        "enforced": False,
        "default_role": "agent",
        "role_claim": "groups",
        "roles": {"leads": "admin"},
        "factors": ["mfa"],
        "id": "ID",
    },
    "PATCH /identity-providers/{id}": {
        "name": "Corp",
        "client_id": "lethe",
        "client_secret": "hush",
        "domains": ["acme.example"],
        "creates": True,
        "enforced": False,
        "default_role": "agent",
        "role_claim": "groups",
        "roles": {"leads": "admin"},
        "factors": ["mfa"],
    },
    "POST /invitations": {"email": "yan@acme.example", "role": "agent", "id": "ID"},
    "POST /spam/classify": {"text": "hello"},
    "POST /contacts/search": {
        "q": "hello",
        "tag": "vip",
        "site": "",
        "order": "newest",
        "cursor": "",
        "limit": 10,
    },
    "POST /search": {
        "q": "hello",
        "status": "open",
        "assignee": "me",
        "department": "none",
        "tag": "vip",
        "held": False,
        "since": "2026-11-23",
        "until": "2026-11-30",
        "contact": "ID",
        "site": "ID",
        "limit": 10,
    },
    "POST /tokens": {"id": "ID", "name": "CRM", "scopes": ["account:read"], "days": 30, "networks": ["10.0.0.0/8"]},
    "PATCH /tokens/{id}": {"name": "CRM"},
    "POST /sites/{id}/customer-secrets": {"way": "hash", "keep_hours": 1, "id": "ID"},
    "POST /webhooks": {
        "id": "ID",
        "name": "Shop",
        "url": "https://1.1.1.1/hook",
        "events": ["ticket.created"],
        "visitor_data": False,
    },
    "PATCH /webhooks/{id}": {
        "name": "Shop",
        "url": "https://1.1.1.1/hook",
        "events": ["ticket.created"],
        "visitor_data": True,
        "paused": True,
    },
    "PUT /networks": {"networks": ["127.0.0.0/8"]},
    "PUT /ticket-fields": {
        "fields": [{"key": "order", "label": "Order", "kind": "choice", "options": ["A"], "retired": False}]
    },
    "PUT /roles": {"changed": {"agent": {"contact.export": False}}},
    "POST /erasure-asks/{id}/refusal": {"reason": "a claim"},
    "PUT /spam/model": {"version": 1},
    "POST /spam/quarantine": {"word": "confirm", "messages": [{"ticket": 1, "seq": 1}]},
}
OURS: dict[str, dict[str, Any]] = {
    "POST /widget/{site_key}/sessions": {
        "notice_version": 1,
        "consent": {"chat": True, "spam_training": False},
        "fields": {"name": "Ada"},
        "locale": "en",
    },
    "PUT /widget/{site_key}/identity": {"user": "a", "hash": "b", "jwt": ""},
    "POST /privacy/{site_key}/links": {"email": "a@b.example"},
    "POST /privacy/{site_key}/opened": {"link": "x"},
    "POST /privacy/{site_key}/erasures": {"at_once": True},
}
"""What visitors and whoever has a mailed link send."""
WRONG: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, 2**70, 1e300, "", "\0", "x" * 100_000, [], [None], [[]], {}, {"a": {}}, {"\0": 1}),
    *("not of the list", "01890000-0000-7000-8000-000000000000"),
)
DEEP = b"[" * 50_000
BYTES = (
    b"",
    b"{",
    b"nothing",
    b"NaN",
    b'{"a":NaN}',
    b'"\\ud800"',
    b"\xff\xfe\x00",
    '{"status":"open","text":"ναι"}'.encode("utf-16"),
    '{"text":"ναι","name":"ναι"}'.encode("iso-8859-7"),
    b'{"text":"\\ud800","name":"\\ud800","status":"\\ud800","assignee":"\\ud800"}',
    DEEP,
    b'{"text":' + DEEP + b"]" * len(DEEP) + b"}",
    b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    json.dumps({"text": "x" * BODY_MOST}).encode(),
)


def spoilt(body: Any) -> Iterator[Any]:
    """A body with each of its values, itself included, in turn replaced by what it must not be."""
    yield from WRONG
    if isinstance(body, dict):
        yield body | {"unknown": 1}
        for name, value in body.items():
            yield {each: kept for each, kept in body.items() if each != name}
            yield from (body | {name: wrong} for wrong in spoilt(value))
    elif isinstance(body, list):
        for number, value in enumerate(body):
            yield from ([*body[:number], wrong, *body[number + 1 :]] for wrong in spoilt(value))


async def failing(app: Served, bodies: dict[str, dict[str, Any]], prefix: str = "") -> list[str]:
    """The routes that answer something with anything but success or a problem."""
    guest = await app.house.visit("Ada", "ada@visitor.example")
    await guest.say("A question")
    department = (await app.rest("POST", "/departments", {"name": "First"})).json()["id"]
    headers = app.house.bearer | {"content-type": "application/json", "origin": CHAT}
    failed: list[str] = []
    # A body is read alike on both databases: the second is sent one in ten, but where all is tried.
    on_sqlite = app.services.settings.database_url.startswith("sqlite")
    for each, body in bodies.items():
        method, _, path = each.partition(" ")
        path = path.replace("{number:int}", "1").replace("{site_key}", app.house.key)
        uid = {"departments": department, "sites": app.house.site.id}.get(path.split("/")[1], guest.contact.uid)
        path = path.replace("{id}", uid)
        kept = {name: new_id() if value == "ID" else value for name, value in body.items()}
        sending = [*BYTES, *(json.dumps(wrong).encode() for wrong in spoilt(kept))]
        for sent in sending if on_sqlite else some(sending, 10, f"which bodies of {each}"):
            answer = await app.client.request(method, f"{prefix}{path}", content=sent, headers=headers)
            if not fine(answer):
                failed.append(f"{each} {sent[:80]!r}: {answer.status_code} {answer.text[:80]}")
    return failed


def fine(answer: httpx2.Response) -> bool:
    """Whether something was done, or refused as RFC 9457 says, or SCIM."""
    form = answer.headers["content-type"] in {"application/problem+json", "application/scim+json"}
    refused = form and 400 <= answer.status_code < 500
    return answer.is_success or refused


def doubled(text: str) -> Iterator[str]:
    """A body with each of its names in turn said twice, with another value first, or last."""
    for found in re.finditer(r'"(\w+)": ', text):
        yield f"{text[: found.start()]}{found[0]}false, {text[found.start() :]}"
    yield f'{text[:-1]}, "{next(iter(json.loads(text)))}": true}}'


async def taken(app: Served) -> list[str]:
    """The bodies with a name twice that are not refused for it."""
    headers, found = app.house.bearer | {"content-type": "application/json", "origin": CHAT}, []
    asked = {f"/widget/{app.house.key}/sessions": OURS["POST /widget/{site_key}/sessions"]}
    for path, body in (asked | {"/api/v1/notices": BODIES["POST /notices"]}).items():
        for sent in doubled(json.dumps(body)):
            answer = await app.client.post(path, content=sent, headers=headers)
            if answer.status_code != 422 or answer.json()["code"] != "invalid_field":
                found.append(f"{path} {sent}: {answer.status_code}")
    return found


async def test_a_name_that_stands_twice_is_refused_wherever_it_is(app: Served) -> None:
    assert await taken(app) == []


async def test_without_that_the_last_one_would_count(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "repeated", lambda _: None)
    yes_after_no = '"chat": false, "chat": true'
    assert any(yes_after_no in each and each.endswith(": 201") for each in await taken(app))


async def test_no_body_of_the_api_is_answered_with_a_500(app: Served) -> None:
    assert await failing(app, BODIES, "/api/v1") == []


async def test_no_body_that_visitors_send_is_answered_with_a_500(app: Served) -> None:
    assert await failing(app, OURS) == []


def test_every_route_that_takes_a_body_is_tried() -> None:
    taking = {str(each).replace(API, "") for each in every() if each.body not in {None, Multipart}}
    assert taking == {*BODIES, *OURS}
    for each in every():
        if hasattr(each.body, "__struct_encode_fields__"):
            address = str(each).replace(API, "")
            assert {*(BODIES | OURS)[address]} == {*each.body.__struct_encode_fields__}, address


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_route_that_believes_its_body_is_found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async def believing(request: Request) -> PlainTextResponse:
        return PlainTextResponse((await request.json())["text"])

    made: list[BaseRoute] = [Route("/loose", believing, methods=["POST"]), *rest()]
    monkeypatch.setattr("chat.routes.rest", lambda _: made)
    async with served(settings) as app:
        assert len(await failing(app, {"POST /loose": {"text": "hello"}}, "/api/v1")) > len(WRONG)
