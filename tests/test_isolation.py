"""Accounts are apart: with one's credentials nothing of another's is seen, told apart from nothing, or changed."""

from dataclasses import dataclass
from typing import Any

import pytest

from chat.attachments.actions import attachments
from chat.core.clock import DAY, now, stamp
from chat.erasure.actions import erasure
from chat.export.actions import building
from chat.routes import routes
from chat.team.actions import agents
from tests.inside import Guest, House, Served, counted, found, new_id, problem_of
from tests.test_docs import addresses
from tests.test_strangers import session_of, trained, uncalled_provider, webhook_of

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]
RESOURCES = sorted(each for each in addresses(routes()) if " /api/v1/" in each)
BODIES: dict[str, Any] = {
    "PATCH /api/v1/tickets/{number}": {"status": "solved"},
    "PUT /api/v1/tickets/{number}/spam": {"spam": True},
    "PUT /api/v1/tickets/{number}/snooze": {"until": stamp(now() + DAY)},
    "POST /api/v1/tickets/{number}/messages": {"id": new_id(), "text": "from elsewhere"},
    "POST /api/v1/tickets/{number}/notes": {"id": new_id(), "text": "from elsewhere"},
    "POST /api/v1/tickets/{number}/transfer": {"id": new_id(), "note": "from elsewhere", "assignee": "me"},
    "POST /api/v1/tickets/{number}/merge": {"into": 1},
    "POST /api/v1/tickets/{number}/response-files": {"file": new_id()},
    "PATCH /api/v1/tickets/{number}/messages/{seq}": {"id": new_id(), "text": "from elsewhere"},
    "PUT /api/v1/contacts/{id}/block": {"days": 3},
    "PUT /api/v1/contacts/{id}/hold": {"reason": "a case", "days": 30},
    "POST /api/v1/erasures": {"contact_id": "{id}"},
    "PATCH /api/v1/canned-responses/{id}": {"title": "taken over"},
    "PATCH /api/v1/own-responses/{id}": {"title": "taken over"},
    "PATCH /api/v1/views/{id}": {"name": "taken over"},
    "PATCH /api/v1/contacts/{id}": {"name": "taken over"},
    "POST /api/v1/contacts/{id}/merge": {"other": new_id()},
    "PUT /api/v1/scim/v2/Users/{id}": {"active": True},
    "PATCH /api/v1/scim/v2/Users/{id}": {"Operations": [{"op": "replace", "path": "active", "value": False}]},
    "PATCH /api/v1/tags/{id}": {"name": "taken over"},
    "POST /api/v1/tags/{id}/merge": {"into": "another"},
    "PATCH /api/v1/departments/{id}": {"name": "taken over"},
    "PUT /api/v1/departments/{id}/routing": {"mode": "off"},
    "PUT /api/v1/agents/{id}/limit": {"most": 3},
    "PATCH /api/v1/agents/{id}": {"name": "taken over", "role": "agent"},
    "PATCH /api/v1/tokens/{id}": {"name": "taken over"},
    "PATCH /api/v1/sites/{id}": {"name": "taken over"},
    "POST /api/v1/sites/{id}/customer-secrets": {"way": "hash"},
    "PATCH /api/v1/webhooks/{id}": {"name": "taken over"},
    "PATCH /api/v1/identity-providers/{id}": {"name": "taken over"},
}
EVERYBODYS = {f"GET /api/v1/scim/v2/{kind}/{{id}}" for kind in ("ResourceTypes", "Schemas")}
OWN = {
    "PATCH /api/v1/account": {"name": "Other"},
    "POST /api/v1/notices": {"texts": []},
    "POST /api/v1/search": {"q": "canary"},
    "POST /api/v1/contacts/search": {"q": "canary"},
}


@dataclass
class Two:
    """An account with a chat in it, and another, whose owner is curious."""

    app: Served
    other: House
    guest: Guest
    ids: dict[str, str]

    async def curious(self, address: str) -> Any:
        """Ask for what is the first account's with the other's token."""
        verb, path = address.split(" ", 1)
        kind = path.removeprefix("/api/v1/").partition("/{")[0]
        for name, value in {"{number}": "1", "{seq}": "1", "{id}": self.ids.get(kind, "")}.items():
            path = path.replace("{delivery}", self.ids["deliveries"])
            path = path.replace(name, value)
        body = BODIES.get(address)
        if body and "contact_id" in body:
            body = {"contact_id": self.guest.contact.uid}
        return await self.app.client.request(verb, path, json=body or OWN.get(address), headers=self.other.bearer)


@pytest.fixture
async def two(app: Served) -> Two:
    guest = await app.house.visit("Zoe Canary", "zoe@canary.example")
    await guest.say("A canary sings")
    data = b"a canary's file, in plain text"
    file = await attachments.keep(app.services, guest.contact, "visitor", "canary.txt", data)
    other = await found(app.services, "Other", "owner@other.example", app.context.postbox)
    await other.publish()
    erased = await app.house.visit()
    erasure_id = (await app.rest("DELETE", f"/contacts/{erased.contact.uid}")).json()["erasure_id"]
    assert await erasure.sweep(app.services) == 1
    ids = {"contacts": guest.contact.uid, "attachments": file.id, "erasures": erasure_id}
    for kind, make in MADE.items():
        ids[kind] = await make(app, guest)
    ids["scim/v2/Users"] = ids["agents"]
    ids["webhooks"], ids["deliveries"] = await webhook_of(app)
    return Two(app, other, guest, ids)


async def _department(app: Served, _: Guest) -> str:
    return str((await app.rest("POST", "/departments", {"name": "Canary wing"})).json()["id"])


async def _response(app: Served, _: Guest) -> str:
    body = {"shortcut": "canary", "title": "Canary", "text": "A canary sings"}
    return str((await app.rest("POST", "/canned-responses", body)).json()["id"])


async def _own_response(app: Served, _: Guest) -> str:
    body = {"shortcut": "canary", "title": "Canary", "text": "A canary sings"}
    return str((await app.rest("POST", "/own-responses", body)).json()["id"])


async def _view(app: Served, _: Guest) -> str:
    body = {"name": "Canary", "filters": {"status": "open"}, "shared": True}
    return str((await app.rest("POST", "/views", body)).json()["id"])


async def _tag(app: Served, _: Guest) -> str:
    await app.rest("PATCH", "/tickets/1", {"tags": ["canary"]})
    return str((await app.rest("GET", "/tags")).json()["items"][0]["id"])


async def _provider(app: Served, _: Guest) -> str:
    return await uncalled_provider(app, "Canary Corp", "canary.example")


async def _invitation(app: Served, _: Guest) -> str:
    body = {"email": "canary@acme.example", "role": "agent"}
    return str((await app.rest("POST", "/invitations", body)).json()["id"])


async def _agent(app: Served, _: Guest) -> str:
    made, _password = await agents.add_agent(app.services, app.house.actor, "an@acme.example", "Ann Canary", "agent")
    return made.id


async def _token(app: Served, _: Guest) -> str:
    body = {"name": "Canary", "scopes": ["account:read"]}
    return str((await app.rest("POST", "/tokens", body)).json()["id"])


async def _rehearsal(app: Served, _: Guest) -> str:
    return str((await app.rest("POST", "/retention/runs", {"dry_run": True})).json()["id"])


async def _training(app: Served, _: Guest) -> str:
    return await trained(app)


async def _export(app: Served, guest: Guest) -> str:
    uid = str((await app.rest("POST", f"/contacts/{guest.contact.uid}/exports")).json()["id"])
    assert await building.sweep(app.services) == 1
    return uid


async def _site(app: Served, _: Guest) -> str:
    body = {"name": "Canary shop", "origins": ["https://canary.example"]}
    return str((await app.rest("POST", "/sites", body)).json()["id"])


async def _session(app: Served, _: Guest) -> str:
    return await session_of(app)


MADE = {
    "agents": _agent,
    "canned-responses": _response,
    "own-responses": _own_response,
    "views": _view,
    "tags": _tag,
    "departments": _department,
    "identity-providers": _provider,
    "sites": _site,
    "invitations": _invitation,
    "sessions": _session,
    "tokens": _token,
    "retention/runs": _rehearsal,
    "spam/training-runs": _training,
    "exports": _export,
}


async def test_what_is_anothers_is_not_found_and_not_changed(two: Two, subtests: pytest.Subtests) -> None:
    for address in (each for each in RESOURCES if ("{" in each or each in BODIES) and each not in EVERYBODYS):
        before = await counted(two.app.services)
        with subtests.test(address):
            problem_of(await two.curious(address), 404, "not_found")
            assert await counted(two.app.services) == before
            summary = (await two.app.rest("GET", "/tickets/1")).json()
            assert (summary["status"], summary["held"]) == ("open", 0)


async def test_a_list_holds_nothing_of_anothers(two: Two, subtests: pytest.Subtests) -> None:
    hidden = ["canary", "Canary", two.guest.contact.uid, two.app.house.made.account_id, *two.ids.values()]
    for address in (each for each in RESOURCES if "{" not in each and each not in BODIES):
        with subtests.test(address):
            said = (await two.curious(address)).text
            assert [each for each in hidden if each in said] == []


async def test_the_owner_finds_all_of_it(two: Two) -> None:
    """The control: each place is there for whom it belongs to."""
    for kind, value in two.ids.items():
        if f"GET /api/v1/{kind}/{{id}}" in RESOURCES:
            assert (await two.app.rest("GET", f"/{kind}/{value}")).status_code == 200
    assert two.ids["sessions"] in (await two.app.rest("GET", "/sessions")).text
    for path in ("/tickets", "/tickets/1", "/tickets/1/messages", "/contacts"):
        assert "anary" in (await two.app.rest("GET", path)).text


async def test_a_visitors_token_opens_no_other_site(two: Two) -> None:
    for method, path in (("GET", "receipt"), ("GET", "transcript"), ("DELETE", "sessions"), ("POST", "attachments")):
        answer = await two.app.call(method, f"/widget/{two.other.key}/{path}", **two.guest.bearer)
        problem_of(answer, 401, "unauthorized")


async def test_an_address_is_found_in_its_own_account_alone(two: Two) -> None:
    path = "/contacts?email=zoe@canary.example"
    assert len((await two.app.rest("GET", path)).json()["items"]) == 1
    assert (await two.app.rest("GET", path, house=two.other)).json()["items"] == []
