"""Lists come in pages by key: everything once, whatever is added meanwhile; bad limits and cursors are told."""

import asyncio
import json
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select

from chat.contacts.schema import contact
from chat.contacts.store import contacts
from chat.core.events import EventsMissed
from chat.tickets.actions import tickets
from chat.tickets.sockets.context import Feed
from tests.inside import House, Served, new_id, problem_of

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]
LISTS = ["/tickets", "/tickets/1/messages", "/tickets/1/notes", "/contacts", "/erasures"]
BAD = ["limit=0", "limit=201", "limit=x", "limit=-1", "limit=1.5", "cursor=no", "cursor=W10=", "cursor=e30="]


async def grow(app: Served, path: str, number: int) -> None:
    """Add one more to a list."""
    if path == "/tickets":
        await (await app.house.visit()).say(f"number {number}")
    elif path == "/contacts":
        await app.house.visit(f"Zoe {number}")
    elif path == "/erasures":
        contact = await app.house.visit()
        await app.rest("DELETE", f"/contacts/{contact.contact.uid}")
    elif path.endswith("notes"):
        await tickets.add_note(app.services, app.house.actor, 1, new_id(), f"number {number}")
    else:
        await app.rest("POST", path, {"id": new_id(), "text": f"number {number}"})


def key(item: dict[str, Any]) -> Any:
    return item.get("number") or item.get("seq") or item.get("note") or item.get("id")


@pytest.mark.parametrize("path", LISTS)
async def test_pages_hold_everything_once_while_more_is_added(app: Served, path: str) -> None:
    await (await app.house.visit()).say("The first")
    for number in range(5):
        await grow(app, path, number)
    whole = [key(item) for item in (await app.rest("GET", f"{path}?limit=200")).json()["items"]]
    assert len(whole) >= 5
    got: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await app.rest("GET", f"{path}?limit=2" + (f"&cursor={cursor}" if cursor else ""))).json()
        assert len(page["items"]) <= 2
        got, cursor = got + [key(item) for item in page["items"]], page["next"]
        if len(got) < 5:
            await grow(app, path, 100 + len(got))
    assert len(got) == len(set(got))
    assert [each for each in got if each in whole] == whole


async def test_a_bad_limit_or_cursor_is_named(app: Served, subtests: pytest.Subtests) -> None:
    await (await app.house.visit()).say("The first")
    for path, query in product(LISTS, BAD):
        with subtests.test(f"{path}?{query}"):
            body = problem_of(await app.rest("GET", f"{path}?{query}"), 422, "invalid_field")
            assert body["field"] == query.partition("=")[0]


async def test_after_something_was_missed_the_live_list_says_what_changed_last(house: House) -> None:
    missed = await (await house.visit()).say("written while nobody could tell")
    received: list[dict[str, Any]] = []
    heard = asyncio.Event()

    def say(_: object, line: str) -> None:
        received.append(json.loads(line))
        heard.set()

    feed = Feed(house.services, house.made.account_id, set())
    feed.join("me", say)
    house.services.bus.publish(EventsMissed())
    await asyncio.wait_for(heard.wait(), 30)
    feed.leave("me")
    assert [each["number"] for each in received] == [missed.number]


async def second(house: House) -> bool:
    """Have somebody agree while another process has stored a contact and not committed; whether they wait for that."""
    known = (await house.visit("Zoe")).contact.uid
    with house.services.store._write_engine.connect() as tx, tx.begin():
        row = dict(tx.execute(select(contact).where(contact.c.uid == known)).mappings().one())
        row |= {"uid": new_id(), "begun": None, "key_slot": row["key_slot"] + 1000}
        added = contacts.add(tx, {name: value for name, value in row.items() if name not in {"id", "mac"}})
        agreeing = asyncio.ensure_future(house.visit("Ann"))
        await asyncio.wait({agreeing}, timeout=1)
        waits = not agreeing.done()
    assert added
    assert added.id < (await asyncio.wait_for(agreeing, 30)).contact.id
    return waits


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
async def test_contacts_can_be_read_in_the_order_of_their_keys(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await second(house)
    monkeypatch.setattr(contacts, "take_turn", lambda *_: None)
    assert not await second(house), "the control: a walk that had read the second contact would pass the first"
