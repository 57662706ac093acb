"""What a program makes under an id of its own is made once, however often and at once it asks: a table of them all."""

import asyncio
import re
from typing import Any

import msgspec
import pytest

from chat.export.actions.document import ExportDocument
from chat.routes import programs
from chat.web.endpoint import API
from tests.inside import SHOP, TEXTS, Served, found, new_id, problem_of
from tests.test_notices import written

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]
MADE: dict[str, dict[str, Any]] = {
    "/agents": {"email": "yan@acme.example", "name": "Yan", "role": "agent"},
    "/canned-responses": {"shortcut": "hi", "title": "Greeting", "text": "Hello"},
    "/contacts/{contact}/exports": {},
    "/departments": {"name": "Sales"},
    "/identity-providers": {
        "name": "Acme",
        "issuer": "https://1.1.1.1",
        "client_id": "lethe",
        "domains": ["acme.example"],
    },
    "/invitations": {"email": "zoe@acme.example", "role": "agent"},
    "/notices": written(*reversed(TEXTS[:1])),
    "/own-responses": {"shortcut": "hi", "title": "Greeting", "text": "Hello"},
    "/retention/runs": {"dry_run": True},
    "/sites": {"name": "Outlet", "origins": [SHOP]},
    "/sites/{site}/customer-secrets": {"way": "hash"},
    "/tickets/1/messages": {"text": "Good morning"},
    "/tickets/1/notes": {"text": "A note"},
    "/tokens": {"name": "program", "scopes": ["tickets:read"]},
    "/views": {"name": "Mine", "filters": {"status": "open"}},
    "/webhooks": {"name": "Hook", "url": "https://1.1.1.1/hook", "events": ["ticket.created"]},
}
"""By its path, what is asked for beside the `id`."""
OF_A_CHAT = {"/tickets/1/messages", "/tickets/1/notes"}
"""Their ids are the writer's own: the same in another account is another message."""
OTHERS = {
    "/tickets/{number}/attachments": "a file's body has no fields; one that no message names is dropped",
    "/tickets/{number}/response-files": "as that: it is a copy of what is there",
    "/canned-responses/{id}/attachments": "a file's body has no fields; one too many shows there and is taken out",
    "/own-responses/{id}/attachments": "as those of the account's replies",
    "/spam/training-runs": "one is under way at most, and asking again is answered with it",
    "/erasures": "a contact is erased once, and asking again is answered with that erasure",
    "/erasure-asks/{id}/confirmation": "an ask is confirmed once",
    "/tickets/{number}/transcript": "each is one more link by mail, and limits hold how many",
    "/webhooks/{id}/test": "each is one more test",
    "/webhooks/{id}/deliveries/{delivery}": "the delivery has an id",
}
"""Why no other takes one."""


def filled(path: str, values: dict[str, str]) -> str:
    """A path with something in its places."""
    for name, value in values.items():
        path = path.replace(name, value)
    return path


def test_each_that_makes_something_takes_an_id_or_says_why_not() -> None:
    posts = {
        re.sub(r":\w+}", "}", each.path.removeprefix(API))
        for each in programs()
        if each.verb == "POST" and each.path.startswith(API) and {201, 202} & {*each.status}
    }
    plain = {"{contact}": "{id}", "{site}": "{id}", "/1/": "/{number}/"}
    made = {filled(each, plain) for each in MADE}
    assert made | set(OTHERS) == posts
    assert made & set(OTHERS) == set()


async def test_the_same_id_makes_the_same_one_once(app: Served, subtests: pytest.Subtests) -> None:
    guest = await app.house.visit("Zoe", "zoe@x.example")
    await guest.say("Hello?")
    other = await found(app.services, "Other", "owner@other.example")
    await other.publish()
    theirs = {"{contact}": (await other.visit("Ada")).contact.uid, "{site}": other.site.id}
    for name, body in MADE.items():
        path = filled(name, {"{contact}": guest.contact.uid, "{site}": app.house.site.id})
        sent = body | {"id": new_id()}
        with subtests.test(name):
            answers = await asyncio.gather(*(app.rest("POST", path, sent) for _ in range(2)))
            answers.append(await app.rest("POST", path, sent))
            said = sorted(each.status_code for each in answers)
            # Of two at once one makes it, and the other gets it, or is told to look again.
            assert said in ([200, 200, 201], [200, 200, 202], [200, 201, 409]), [each.text for each in answers]
            assert answers[2].status_code == 200, "sent once more, it is there"
            key = "version" if name == "/notices" else "id"
            assert len({each.json()[key] for each in answers if each.is_success}) == 1
            assert key == "version" or answers[2].json()[key] == sent["id"]
            wrong = problem_of(await app.rest("POST", path, body | {"id": "mine"}), 422, "invalid_field")
            assert wrong["field"] == "id"
            if name not in OF_A_CHAT:
                refused = await app.rest("POST", filled(name, theirs), sent, other)
                assert refused.status_code in {404, 409, 422}, refused.text


async def test_lists_stay_newest_first_whatever_the_ids_are(app: Served) -> None:
    ids = (new_id(), new_id(), "ffffffff-ffff-4fff-8fff-ffffffffffff", "00000000-0000-4000-8000-000000000000")
    made = [(await app.rest("POST", "/retention/runs", {"dry_run": True, "id": each})).json() for each in ids]
    # Two that were begun in one millisecond are in the order of their ids.
    newest = [each["id"] for each in sorted(made, key=lambda each: (each["started_at"], each["id"]), reverse=True)]
    first = (await app.rest("GET", "/retention/runs?limit=2")).json()
    rest = (await app.rest("GET", f"/retention/runs?cursor={first['next']}")).json()
    assert [each["id"] for each in (*first["items"], *rest["items"])] == newest


async def test_an_export_is_what_the_document_says_it_is(app: Served) -> None:
    guest = await app.house.visit("Zoe", "zoe@x.example")
    await guest.say("Hello?")
    answer = await app.rest("GET", f"/contacts/{guest.contact.uid}/export")
    held = msgspec.json.decode(answer.content, type=ExportDocument)
    assert held.contact_id == guest.contact.uid
    assert {"contact", "message", "receipt"} <= {each.name for each in held.sections}
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(answer.content.replace(b'"why":', b'"reason":', 1), type=ExportDocument)
    paths = (await app.client.get("/api/openapi.json", headers=app.house.bearer)).json()["paths"]

    def said(path: str, verb: str) -> dict[str, Any]:
        return {
            status: {kind: each["schema"].get("$ref", "").rpartition("/")[2] for kind, each in one["content"].items()}
            for status, one in paths[path][verb]["responses"].items()
            if status < "3"
        }

    assert said("/api/v1/contacts/{id}/export", "get") == {
        "200": {"application/json": "ExportDocument", "application/zip": ""},
        "202": {"application/json": "ExportView"},
    }
    assert said("/api/v1/tokens", "post") == {
        "201": {"application/json": "MadeToken"},
        "200": {"application/json": "TokenView"},
    }
