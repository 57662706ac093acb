"""CVE-2023-43796 (Synapse): who is known could be asked. Here no door of a visitor says whether an address is known."""

import pytest

from chat.rights import actions as links
from tests.inside import CHAT, Served
from tests.post import Post, mailed

pytestmark = pytest.mark.anyio
KNOWN, UNKNOWN = "zoe@visitor.example", "nobody@visitor.example"


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_no_door_of_a_visitor_tells_a_known_address_from_an_unknown_one(app: Served, post: Post) -> None:
    app.context.services = mailed(app.services, post.port)
    await app.house.visit("Zoe", KNOWN)
    answers: list[list[object]] = []
    for email in (KNOWN, UNKNOWN):
        asked = await app.call("POST", f"/privacy/{app.house.key}/links", {"email": email}, origin=CHAT)
        body = {"notice_version": 1, "consent": {"chat": True}, "fields": {"email": email}}
        begun = await app.call("POST", f"/widget/{app.house.key}/sessions", body)
        own = {"authorization": f"Bearer {begun.json()['token']}"}
        sent = await app.client.post(f"/widget/{app.house.key}/transcript", headers=own)
        answers.append(
            [asked.status_code, asked.content, begun.status_code, sorted(begun.json()), sent.status_code, sent.content]
        )
    assert answers[0] == answers[1]
    assert links.EVEN > 0, "and after the same time: tests/test_links.py"
    for path in ("/api/v1/contacts", "/api/v1/contacts?email=" + KNOWN):
        assert (await app.call("GET", path)).status_code == 401
