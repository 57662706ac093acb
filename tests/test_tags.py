"""Tags are counted, and renamed, merged and deleted in every ticket; who sees one department changes no other's."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import true

from chat.account.store import put_agent_in
from chat.core import events
from chat.core.ids import uuid_text
from chat.departments import actions as departments
from chat.roles import actions as roles
from chat.tags import actions as tags
from chat.tags import store
from chat.tickets.actions import tagging
from chat.tickets.store import tagging as tag_rows
from tests.inside import Served, found, new_id, problem_of
from tests.test_roles import joined

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]


async def tagged(app: Served, *each: list[str]) -> None:
    """Tickets with these tags."""
    for some in each:
        number = (await (await app.house.visit()).say("hello")).number
        await app.rest("PATCH", f"/tickets/{number}", {"tags": some})


async def counts(app: Served, headers: dict[str, str] | None = None) -> dict[str, tuple[str, int]]:
    """By name, id and count."""
    answer = await app.client.get("/api/v1/tags", headers=headers or app.house.bearer)
    return {each["name"]: (each["id"], each["tickets"]) for each in answer.json()["items"]}


async def kept(app: Served) -> list[list[str]]:
    """The tags of each ticket."""
    return [each["tags"] for each in (await app.rest("GET", "/tickets?order=number")).json()["items"]]


async def test_a_tag_is_renamed_merged_and_deleted_everywhere(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tags, "CHUNK", 2)
    await tagged(app, ["vip", "a/β"], ["vip"], ["VIP", "vip"], [], ["vip", "a/β"])
    heard: list[events.ListEvent] = []
    channel = events.list_channel(app.house.made.account_id)
    app.services.bus.listen(channel, "me", lambda delivery: heard.append(delivery.event))
    before = await counts(app)
    assert {name: count for name, (_, count) in before.items()} == {"VIP": 1, "a/β": 2, "vip": 4}
    problem_of(await app.rest("PATCH", f"/tags/{before['vip'][0]}", {"name": "VIP"}), 409, "not_now")
    answer = await app.rest("PATCH", f"/tags/{before['vip'][0]}", {"name": " Stammkundin "})
    assert (answer.json()["name"], answer.json()["tickets"]) == ("Stammkundin", 4)
    assert len(heard) == 4
    again = await app.rest("PATCH", f"/tags/{before['vip'][0]}", {"name": "x"})
    problem_of(again, 404, "not_found")
    merged = await app.rest("POST", f"/tags/{answer.json()['id']}/merge", {"into": before["VIP"][0]})
    assert merged.json() == {"id": before["VIP"][0], "name": "VIP", "tickets": 4}
    assert await kept(app) == [["VIP", "a/β"], ["VIP"], ["VIP"], [], ["VIP", "a/β"]]
    assert (await app.rest("DELETE", f"/tags/{before['a/β'][0]}")).status_code == 204
    assert await kept(app) == [["VIP"], ["VIP"], ["VIP"], [], ["VIP"]]
    for verb, path, body in (
        ("PATCH", f"/tags/{before['VIP'][0]}", {"name": "two\nlines"}),
        ("POST", f"/tags/{before['VIP'][0]}/merge", {"into": before["VIP"][0]}),
    ):
        problem_of(await app.rest(verb, path, body), 422, "invalid_field")
    problem_of(await app.rest("POST", f"/tags/{before['VIP'][0]}/merge", {"into": new_id()}), 404, "not_found")


async def test_who_sees_one_department_counts_and_changes_its_tickets_alone(app: Served) -> None:
    await tagged(app, ["vip"], ["vip", "other"])
    made = [(await departments.add(app.services, app.house.actor, each, {})).id for each in ("sales", "returns")]
    for number, uid in enumerate(made, 1):
        await app.rest("PATCH", f"/tickets/{number}", {"department": uid})
    agent = await joined(app.house, "agent")
    await app.services.store.write(lambda tx: put_agent_in(tx, app.house.actor.account_id, agent.id, made[:1]))

    async def ask(uid: str) -> Any:
        return await app.client.delete(f"/api/v1/tags/{uid}", headers=agent.bearer)

    uid = (await counts(app))["vip"][0]
    problem_of(await ask(uid), 403, "forbidden")
    rights = {"ticket.read_all": False, "tag.manage": True}
    await roles.change(app.services, app.house.actor, {"agent": rights})
    assert await counts(app, agent.bearer) == {"vip": (uid, 1)}
    assert (await ask(uid)).status_code == 204
    assert await kept(app) == [[], ["vip", "other"]]


async def test_another_account_has_its_own(app: Served) -> None:
    await tagged(app, ["vip"])
    other = await found(app.services, "Other", "owner@other.example")
    uid = (await counts(app))["vip"][0]
    assert await counts(app, other.bearer) == {}
    problem_of(await app.rest("DELETE", f"/tags/{uid}", house=other), 404, "not_found")
    assert await kept(app) == [["vip"]]


def every_department(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "seen", lambda _: true())


def every_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_mine", lambda *_: true())
    # Ids are of one account: without that too, another reads and takes away by the name.
    monkeypatch.setattr(tagging, "tag_id", lambda *asked: uuid_text(asked[-1].encode().ljust(16)))


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("claim", "mutant"),
    [
        (test_who_sees_one_department_counts_and_changes_its_tickets_alone, every_department),
        (test_another_account_has_its_own, every_account),
    ],
)
async def test_without_its_scope_more_is_counted_and_changed(
    app: Served,
    monkeypatch: pytest.MonkeyPatch,
    claim: Callable[[Served], Awaitable[None]],
    mutant: Callable[[pytest.MonkeyPatch], None],
) -> None:
    """The controls."""
    mutant(monkeypatch)
    with pytest.raises(AssertionError):
        await claim(app)


@pytest.mark.parametrize("few", [500, -1])
async def test_lists_of_a_tag_are_the_same_whether_few_have_it_or_many(
    app: Served, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(tag_rows, "FEW", few)
    for number in (1, 2, 3):
        await (await app.house.visit()).say("hello")
        await app.rest("PATCH", f"/tickets/{number}", {"tags": ["even" if number == 2 else "odd"]})
    for tag, numbers in (("odd", [3, 1]), ("even", [2]), ("none", [])):
        found = (await app.rest("GET", f"/tickets?tag={tag}")).json()["items"]
        assert [each["number"] for each in found] == numbers
        assert len((await app.rest("GET", f"/contacts?tag={tag}")).json()["items"]) == len(numbers)
