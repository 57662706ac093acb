"""Saved replies: kept once by an id, seen by whose they are, and changed by two without losing what one wrote."""

from typing import Any

import pytest

from chat.account.store import put_agent_in
from chat.core.versions import Precondition
from chat.departments import actions as departments
from chat.roles import actions as roles
from tests.inside import CHAT, Served, new_id, problem_of
from tests.test_roles import joined

pytestmark = pytest.mark.anyio
LIST = "/canned-responses"
PAGE = "/admin/canned-responses"
HOURS = {"shortcut": "hours", "title": "Opening hours", "text": "We are here from 9 to 5.\nΚαλημέρα!"}


async def made(app: Served, **more: Any) -> dict[str, Any]:
    """A reply that was added."""
    answer = await app.rest("POST", LIST, HOURS | more)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def listed(app: Served, headers: dict[str, str]) -> list[str]:
    """The shortcuts that somebody sees."""
    answer = await app.client.get(f"/api/v1{LIST}", headers=headers)
    return [each["shortcut"] for each in answer.json()["items"]]


async def test_a_reply_is_kept_once_changed_and_deleted(app: Served) -> None:
    uid = new_id()
    first = await app.rest("POST", LIST, HOURS | {"id": uid, "shortcut": "/hours"})
    assert (first.status_code, first.json()["id"], first.json()["shortcut"]) == (201, uid, "hours")
    again = await app.rest("POST", LIST, HOURS | {"id": uid.upper(), "text": "another"})
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["etag"] == first.headers["etag"] == (await app.rest("GET", f"{LIST}/{uid}")).headers["etag"]
    answer = await app.rest("POST", LIST, HOURS)
    assert problem_of(answer, 422, "invalid_field")["field"] == "shortcut"
    changed = await app.rest("PATCH", f"{LIST}/{uid}", {"title": "Hours"})
    assert changed.json() | {"updated_at": 0} == first.json() | {"title": "Hours", "updated_at": 0}
    assert (await app.rest("DELETE", f"{LIST}/{uid}")).status_code == 204
    problem_of(await app.rest("GET", f"{LIST}/{uid}"), 404, "not_found")


async def test_what_is_wrong_is_named_and_kept_nowhere(app: Served, subtests: pytest.Subtests) -> None:
    for field, value in {
        "shortcut": "two words",
        "title": "two\nlines",
        "text": " \u200b ",
        "department": new_id(),
        "id": "no id",
        "color": "red",
    }.items():
        with subtests.test(field):
            code = "unknown_parameter" if field == "color" else "invalid_field"
            body = problem_of(await app.rest("POST", LIST, HOURS | {field: value}), 422, code)
            assert body["field"] == field
    assert await listed(app, app.house.bearer) == []


async def lost(app: Served, uid: str) -> bool:
    """Two read a reply and change it, one after the other; whether the second wrote over the first."""
    tag = (await app.rest("GET", f"{LIST}/{uid}")).headers["etag"]
    headers = app.house.bearer | {"if-match": tag}
    path = f"/api/v1{LIST}/{uid}"
    answers = [await app.client.patch(path, json={"text": text}, headers=headers) for text in ("one", "two")]
    if answers[1].status_code == 200:
        return True
    assert problem_of(answers[1], 412, "changed_meanwhile")["current"] == answers[0].json()
    problem_of(await app.client.delete(path, headers=headers), 412, "changed_meanwhile")
    return False


async def test_of_two_who_change_one_the_second_is_shown_what_the_first_did(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = (await made(app))["id"]
    assert not await lost(app, uid)
    monkeypatch.setattr(Precondition, "require", lambda *_: None)
    assert await lost(app, uid), "the control"


async def test_a_department_sees_its_own_and_the_accounts(app: Served) -> None:
    ids = [(await departments.add(app.services, app.house.actor, each, {})).id for each in ("sales", "returns")]
    await made(app, shortcut="all")
    theirs = [await made(app, shortcut=name, department=uid) for name, uid in zip("sr", ids, strict=True)]
    agent = await joined(app.house, "agent")
    await app.services.store.write(lambda tx: put_agent_in(tx, app.house.actor.account_id, agent.id, ids[:1]))
    assert await listed(app, agent.bearer) == ["all", "s", "r"]
    rights = {"ticket.read_all": False, "canned_response.manage": True}
    await roles.change(app.services, app.house.actor, {"agent": rights})
    assert await listed(app, agent.bearer) == ["all", "s"]
    path = f"/api/v1{LIST}"
    for verb in ("GET", "DELETE"):
        answer = await app.client.request(verb, f"{path}/{theirs[1]['id']}", headers=agent.bearer)
        problem_of(answer, 404, "not_found")
    answer = await app.client.post(path, json=HOURS | {"department": ids[1]}, headers=agent.bearer)
    assert problem_of(answer, 422, "invalid_field")["field"] == "department"
    await departments.delete(app.services, app.house.actor, ids[1])
    assert await listed(app, agent.bearer) == ["all", "s", "r"], "nobody's is everybody's"


async def test_who_may_not_change_them_reads_them(app: Served) -> None:
    await made(app)
    agent = await joined(app.house, "agent")
    assert await listed(app, agent.bearer) == ["hours"]
    problem_of(await app.client.post(f"/api/v1{LIST}", json=HOURS, headers=agent.bearer), 403, "forbidden")


async def test_the_page_adds_changes_and_keeps_what_was_typed(app: Served) -> None:
    await app.sign_in()
    page = (await app.call("GET", PAGE)).text
    csrf = page.partition('name="csrf" value="')[2].partition('"')[0]

    async def post(path: str = PAGE, **form: str) -> Any:
        return await app.client.post(path, data=HOURS | {"csrf": csrf} | form, headers={"origin": CHAT})

    assert (await post()).status_code == 303
    refused = await post(title="The second")
    assert refused.status_code == 422
    assert 'id="new-shortcut-error"' in refused.text
    assert 'value="The second"' in refused.text
    shown = (await app.call("GET", PAGE)).text
    uid = (await app.rest("GET", LIST)).json()["items"][0]["id"]
    state = shown.partition('name="state" value="')[2].partition('"')[0].replace("&#34;", '"')
    await app.rest("PATCH", f"{LIST}/{uid}", {"text": "theirs"})
    late = await post(f"{PAGE}/{uid}", state=state, text="mine")
    assert late.status_code == 412
    assert "mine</textarea>" in late.text
    assert (await post(f"{PAGE}/{uid}/delete")).status_code == 303
    assert await listed(app, app.house.bearer) == []
