"""Replies that an agent keeps for themselves: nobody else's business, sealed, gone with the agent, changed by two."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from chat.core.versions import Precondition
from chat.erasure.actions import erasure
from chat.lifecycle.actions import deleting
from chat.own_responses import store
from chat.own_responses.schema import own_response
from tests.inside import CHAT, Served, new_id, problem_of
from tests.test_roles import joined

pytestmark = pytest.mark.anyio
LIST, PAGE = "/own-responses", "/profile/replies"
MINE = {"shortcut": "bye", "title": "Goodbye", "text": "Take care, Zyxomma!", "translations": {"el": "Να είστε καλά!"}}


async def stored(app: Served) -> list[Any]:
    """What the table holds."""
    return await app.services.store.read(lambda tx: list(tx.execute(select(own_response))))


async def test_one_keeps_changes_and_deletes_what_nobody_else_sees(app: Served) -> None:
    uid = new_id()
    made = await app.rest("POST", LIST, MINE | {"id": uid})
    assert (made.status_code, made.json() | {"updated_at": 0}) == (201, MINE | {"id": uid, "updated_at": 0})
    again = await app.rest("POST", LIST, MINE | {"id": uid, "text": "another"})
    assert (again.status_code, again.json()) == (200, made.json())
    assert b"Zyxomma" not in (await stored(app))[0].body
    agent = await joined(app.house, "admin")
    assert (await app.client.get(f"/api/v1{LIST}", headers=agent.bearer)).json()["items"] == []
    for verb in ("GET", "DELETE"):
        answer = await app.client.request(verb, f"/api/v1{LIST}/{uid}", headers=agent.bearer)
        problem_of(answer, 404, "not_found")
    taken = await app.client.post(f"/api/v1{LIST}", json=MINE | {"id": uid}, headers=agent.bearer)
    problem_of(taken, 404, "not_found")
    assert (await app.client.post(f"/api/v1{LIST}", json=MINE, headers=agent.bearer)).status_code == 201, "their own"
    await deleting.delete(app.services, app.house.actor, agent.id, None)
    await erasure.sweep(app.services)
    assert [row.id for row in await stored(app)] == [uid]
    assert (await app.rest("DELETE", f"{LIST}/{uid}")).status_code == 204
    assert await stored(app) == []


async def test_what_is_wrong_is_named_and_two_at_once_keep_one(app: Served, subtests: pytest.Subtests) -> None:
    wrong: dict[str, Any] = {
        "shortcut": "two words",
        "text": "",
        "translations": {"xx": "a"},
        "translations.el": {"el": " "},
    }
    for field, value in wrong.items():
        with subtests.test(field):
            body = MINE | {field.partition(".")[0]: value}
            assert problem_of(await app.rest("POST", LIST, body), 422, "invalid_field")["field"] == field
    answers = await asyncio.gather(*(app.rest("POST", LIST, MINE) for _ in range(2)))
    assert sorted(each.status_code for each in answers) == [201, 422]
    uid = next(each for each in answers if each.status_code == 201).json()["id"]
    path, old = f"/api/v1{LIST}/{uid}", (await app.rest("GET", f"{LIST}/{uid}")).headers["etag"]

    async def late() -> Any:
        await app.rest("PATCH", f"{LIST}/{uid}", {"title": "Meanwhile"})
        return await app.client.patch(path, json={"title": "Mine"}, headers=app.house.bearer | {"if-match": old})

    problem_of(await late(), 412, "changed_meanwhile")
    with pytest.MonkeyPatch.context() as without:
        without.setattr(Precondition, "require", lambda *_: None)
        assert (await late()).status_code == 200, "the control"
    rows = (await app.rest("GET", f"{LIST}?limit=1")).json()
    assert (len(rows["items"]), rows["next"]) == (1, None)


async def test_one_that_does_not_open_keeps_nobody_from_the_rest(app: Served) -> None:
    first, second = [(await app.rest("POST", LIST, MINE | {"shortcut": each})).json()["id"] for each in "ab"]
    rows = {row.id: row for row in await stored(app)}
    moved = store.SealedResponse(second, rows[first].body, 0)
    await app.services.store.write(lambda tx: store.change(tx, app.house.actor.agent_id, moved))
    assert [each["id"] for each in (await app.rest("GET", LIST)).json()["items"]] == [first]


async def test_the_page_adds_changes_and_deletes(app: Served) -> None:
    await app.sign_in()
    csrf = (await app.call("GET", PAGE)).text.partition('name="csrf" value="')[2].partition('"')[0]

    async def post(path: str = PAGE, **form: str) -> Any:
        given = {name: value for name, value in MINE.items() if isinstance(value, str)}
        sent = given | {"csrf": csrf, "translations.el": "Γεια", "department": "x"} | form
        return await app.client.post(path, data=sent, headers={"origin": CHAT})

    assert (await post()).status_code == 303
    refused = await post(title="The second")
    assert (refused.status_code, 'value="The second"' in refused.text) == (422, True)
    kept = (await app.rest("GET", LIST)).json()["items"][0]
    assert kept["translations"] == {"el": "Γεια"}
    assert (await post(f"{PAGE}/{kept['id']}", text="Another")).status_code == 303
    assert "Another</textarea>" in (await app.call("GET", PAGE)).text
    assert (await post(f"{PAGE}/{kept['id']}/delete")).status_code == 303
    assert await stored(app) == []
