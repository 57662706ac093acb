"""
Before anybody is known: operators for values (CVE-2021-22911), an address that is not shown to be one's own
(CVE-2026-44707), and a secret for one use that is used twice at once (CVE-2026-27855).
"""

import asyncio
from typing import Any

import pytest

from tests.inside import CHAT, Served, counted, problem_of
from tests.post import Post, mailed
from tests.test_links import link

pytestmark = pytest.mark.anyio
VALUES: list[Any] = [{"$ne": ""}, {"$gt": ""}, {"$regex": ".*"}, {"$where": "1"}, ["a"], True, 1, {"toString": "x"}]
ZOE = "zoe@visitor.example"


@pytest.mark.parametrize("value", VALUES)
async def test_adv_40_who_agrees_gives_texts_and_nothing_that_is_searched_by(app: Served, value: Any) -> None:
    good = {"notice_version": 1, "consent": {"chat": True}, "fields": {"name": "Zoe"}, "locale": "en"}
    before = await counted(app.services)
    for wrong in ({"fields": {"name": value}}, {"fields": {"email": value}}, {"locale": value}, {"id": value}):
        answer = await app.call("POST", f"/widget/{app.house.key}/sessions", good | wrong)
        problem_of(answer, 422, "invalid_field")
    asked = await app.call("POST", f"/privacy/{app.house.key}/links", {"email": value}, origin=CHAT)
    problem_of(asked, 422, "invalid_field")
    assert await counted(app.services) == before
    assert (await app.call("POST", f"/widget/{app.house.key}/sessions", good)).status_code == 201  # the control


async def test_adv_51_whoever_names_anothers_address_gets_nothing_of_theirs(app: Served) -> None:
    zoe = await app.house.visit("Zoe", ZOE)
    await zoe.say("my secret zyxomma")
    other = await app.house.visit("Mallory", ZOE)
    await other.say("hello")
    for path in ("transcript", "export", "receipt", "exports"):
        own = await app.client.get(f"/widget/{app.house.key}/{path}", headers=other.bearer)
        assert own.status_code == 200
        assert not [each for each in ("zyxomma", zoe.contact.uid) if each in own.text], path
    assert (await app.client.delete(f"/widget/{app.house.key}/sessions", headers=other.bearer)).status_code == 202
    kept = await app.client.get(f"/widget/{app.house.key}/transcript", headers=zoe.bearer)
    assert "zyxomma" in kept.text  # the control: and it is still theirs


async def test_adv_64_a_secret_for_one_use_is_used_once_by_many_at_once(app: Served, post: Post) -> None:
    app.context.services = mailed(app.services, post.port)
    await app.house.visit("Zoe", ZOE)
    secret = await link(app, post, ZOE)
    path = f"/privacy/{app.house.key}/opened"
    asked = (app.call("POST", path, {"link": secret}, origin=CHAT) for _ in range(10))
    statuses = [each.status_code for each in await asyncio.gather(*asked)]
    assert sorted(statuses) == [200, *[401] * 9]
