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

from chat.core.settings import Settings
from chat.routes import every, rest
from chat.web import requests
from chat.web.endpoint import API
from chat.web.requests import BODY_MOST, Multipart
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
BODIES: dict[str, dict[str, Any]] = {
    "PATCH /tickets/{number:int}": {"status": "open", "assignee": "me", "department": None, "tags": ["a"]},
    "POST /tickets/{number:int}/messages": {"id": "ID", "text": "hello", "attachments": []},
    "POST /tickets/{number:int}/notes": {"id": "ID", "text": "hello"},
    "PUT /tickets/{number:int}/spam": {"spam": False},
    "PUT /contacts/{id}/hold": {"reason": "a claim", "days": 3},
    "POST /erasures": {"contact_id": "01890000-0000-7000-8000-000000000000", "email": None},
    "POST /notices": {"texts": [NOTICE]},
    "PATCH /account": {
        "name": "Acme",
        "message_rate": 0,
        "agreement_rate": 0,
        "grace_days": 0,
        "consent_days": 30,
        "export_agent_names": False,
        "export_notes": False,
        "ham_held": 0.002,
    },
    "PUT /retention": {"transcripts_days": 365, "audit_days": 730},
    "POST /retention/runs": {"dry_run": True, "days": {"transcripts_days": 30}},
    "POST /departments": {"name": "Sales", "retention": {"transcripts_days": 30}},
    "PATCH /departments/{id}": {"name": "Sales", "retention": {"transcripts_days": 30}},
    "POST /spam/classify": {"text": "hello"},
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
    for each, body in bodies.items():
        method, _, path = each.partition(" ")
        path = path.replace("{number:int}", "1").replace("{site_key}", app.house.key)
        path = path.replace("{id}", department if "departments" in path else guest.contact.uid)
        kept = {name: new_id() if value == "ID" else value for name, value in body.items()}
        for sent in (*BYTES, *(json.dumps(wrong).encode() for wrong in spoilt(kept))):
            answer = await app.client.request(method, f"{prefix}{path}", content=sent, headers=headers)
            if not fine(answer):
                failed.append(f"{each} {sent[:80]!r}: {answer.status_code} {answer.text[:80]}")
    return failed


def fine(answer: httpx2.Response) -> bool:
    """Whether something was done, or refused as RFC 9457 says."""
    refused = answer.headers["content-type"] == "application/problem+json" and 400 <= answer.status_code < 500
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
    fields = {str(each).replace(API, ""): each.body for each in every() if hasattr(each.body, "__struct_fields__")}
    assert all({*BODIES.get(each, OURS.get(each, {}))} == {*body.__struct_fields__} for each, body in fields.items())


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_route_that_believes_its_body_is_found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async def believing(request: Request) -> PlainTextResponse:
        return PlainTextResponse((await request.json())["text"])

    made: list[BaseRoute] = [Route("/loose", believing, methods=["POST"]), *rest()]
    monkeypatch.setattr("chat.routes.rest", lambda _: made)
    async with served(settings) as app:
        assert len(await failing(app, {"POST /loose": {"text": "hello"}}, "/api/v1")) > len(WRONG)
