"""What bad input gets over REST: its code, in a line that says what to do; and no row is another than before."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from chat.core.versions import Precondition
from chat.infra.store import everything
from tests.inside import Served, problem_of

pytestmark = pytest.mark.anyio
OWNER, CONTACT, NARROW = "the owner's id", "the contact's id", "the token that only reads"
OLD = {"if-match": '"old"'}
BULK = [{"number": each, "updated_at": "2026-01-01T00:00:00.000Z"} for each in range(1, 202)]
HOOK = {"name": "X", "url": "https://1.1.1.1/", "events": ["ticket.created"]}
CORP = {"name": "X", "issuer": "https://[::1]", "client_id": "x", "domains": ["x.example"]}


@dataclass(frozen=True)
class Bad:
    """A request, the code that it gets, and some words of its line."""

    asked: str
    code: str
    says: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


STATUS = {
    "unauthorized": 401,
    "forbidden": 403,
    "changed_meanwhile": 412,
    "invalid_field": 422,
    "unknown_parameter": 422,
}
BAD = [
    Bad("GET /tickets", "unauthorized", "Make an API token", headers={"authorization": "Basic b3duZXI6eA=="}),
    Bad("GET /tickets", "unauthorized", "This API token is not good", headers={"authorization": "Bearer lethe_none"}),
    Bad("PATCH /tickets/1", "forbidden", "tickets:write", {"status": "solved"}, {"authorization": f"Bearer {NARROW}"}),
    Bad("PATCH /tickets/1", "unknown_parameter", "colour", {"status": "solved", "colour": "red"}),
    Bad("GET /tickets?colour=red", "unknown_parameter", "colour"),
    Bad("POST /tickets/bulk", "invalid_field", "200", {"tickets": BULK, "change": {"status": "solved"}}),
    Bad("POST /tickets/bulk", "invalid_field", "once", {"tickets": BULK[:1] * 2, "change": {"status": "solved"}}),
    Bad(f"PATCH /contacts/{CONTACT}", "changed_meanwhile", "meanwhile", {"name": "X"}, OLD),
    Bad(f"PATCH /agents/{OWNER}", "changed_meanwhile", "meanwhile", {"name": "X"}, OLD),
    Bad("PATCH /account", "changed_meanwhile", "meanwhile", {"grace_days": 3}, OLD),
    Bad(f"DELETE /agents/{OWNER}", "forbidden", "make another one first"),
    Bad(f"PATCH /agents/{OWNER}", "forbidden", "make another one first", {"role": "agent"}),
    Bad(f"POST /agents/{OWNER}/deactivation", "forbidden", "make another one first"),
    Bad("PUT /roles", "invalid_field", "can never be taken", {"changed": {"owner": {"role.change": False}}}),
    Bad("PUT /networks", "invalid_field", "would shut you out", {"networks": ["203.0.113.0/24"]}),
    Bad("PUT /networks", "invalid_field", "write each as", {"networks": ["300.0.0.0/8"]}),
    Bad("POST /webhooks", "invalid_field", "inside of a network", HOOK | {"url": "https://127.0.0.1/"}),
    Bad("POST /webhooks", "invalid_field", "begin with https", HOOK | {"url": "http://1.1.1.1/"}),
    Bad("POST /webhooks", "invalid_field", "Give events", HOOK | {"events": ["nothing"]}),
    Bad("POST /identity-providers", "invalid_field", "inside of a network", CORP),
    Bad("POST /tokens", "invalid_field", "Give scopes", {"name": "X", "scopes": ["everything"]}),
    Bad("POST /invitations", "invalid_field", "here already", {"email": "owner@acme.example", "role": "agent"}),
    Bad("POST /invitations", "invalid_field", "A role is one of", {"email": "x@x.example", "role": "boss"}),
]


async def rows(app: Served) -> dict[str, bytes]:
    """Every value of every row, but when a token was used."""
    found = {place: b"".join(pieces) for place, pieces in everything.values(app.services.settings.database_url)}
    return {place: value for place, value in found.items() if not place.endswith("used_at")}


async def refused(app: Served, cases: list[Bad]) -> None:
    """Each gets its code and its line, and changes nothing."""
    await (await app.house.visit("Ada")).say("hello")
    (contact,) = (await app.rest("GET", "/contacts")).json()["items"]
    narrow = (await app.rest("POST", "/tokens", {"name": "Narrow", "scopes": ["tickets:read"]})).json()["token"]
    given = {OWNER: app.house.actor.agent_id, CONTACT: contact["id"], NARROW: narrow}
    before = await rows(app)
    for each in cases:
        method, _, path = each.asked.partition(" ")
        headers = app.house.bearer | each.headers
        for word, value in given.items():
            path, headers = (
                path.replace(word, value),
                {name: said.replace(word, value) for name, said in headers.items()},
            )
        answer = await app.client.request(method, f"/api/v1{path}", json=each.body, headers=headers)
        problem_of(answer, STATUS[each.code], each.code)
        assert each.says in answer.json()["detail"], each
    now = await rows(app)
    assert [place for place in now if now[place] != before.get(place)] == []


async def test_it_gets_its_code_and_a_line_that_says_what_to_do_and_changes_nothing(app: Served) -> None:
    assert app.house.made.owner_email == "owner@acme.example"
    await refused(app, BAD)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("each", [each for each in BAD if each.headers is OLD], ids=lambda each: each.asked)
async def test_without_a_look_at_the_tag_it_is_seen(app: Served, each: Bad, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.setattr(Precondition, "require", lambda *_: None)
    with pytest.raises(AssertionError):
        await refused(app, [each])
