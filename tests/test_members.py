"""Who works in a department, on its own page: all of it by one form, and nothing of whom that did not show."""

from typing import Any

import httpx2
import pytest

from tests.inside import House, Served
from tests.test_roles import joined
from tests.test_sessions import cookie, mark, own

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("settings", ["sqlite"], indirect=True)]


async def department(house: House, app: Served, name: str = "Returns") -> str:
    """The id of a department that is made."""
    made: str = (await app.rest("POST", "/departments", {"name": name}, house)).json()["id"]
    return made


async def where(app: Served) -> dict[str, list[str]]:
    """In which departments each agent works, by id."""
    return {each["id"]: each["departments"] for each in (await app.rest("GET", "/agents")).json()["items"]}


async def posted(app: Served, uid: str, **fields: Any) -> httpx2.Response:
    """What the owner is answered who saves the form."""
    headers = await own(app, await cookie(app))
    form = {"csrf": await mark(app, headers["cookie"].partition("=")[2])} | fields
    return await app.client.post(f"/admin/departments/{uid}/members", data=form, headers=headers)


async def test_members_come_and_go_by_one_form_and_keep_where_else_they_work(app: Served) -> None:
    ann, ben = await joined(app.house, "agent", "ann"), await joined(app.house, "agent", "ben")
    returns, sales = await department(app.house, app), await department(app.house, app, "Sales")
    await app.rest("PATCH", f"/agents/{ann.id}", {"departments": [sales]})
    answer = await posted(app, returns, shown=[ann.id, ben.id], member=[ann.id, ben.id])
    assert answer.status_code == 303
    known = await where(app)
    assert ({*known[ann.id]}, known[ben.id]) == ({returns, sales}, [returns])
    await posted(app, returns, shown=[ann.id, ben.id], member=[ben.id])
    assert (await where(app))[ann.id] == [sales]
    entries = (await app.rest("GET", "/audit?action=agent.changed")).json()["items"]
    assert [each["target"] for each in entries].count(ben.id) == 1, "who stays is not changed"


async def test_of_whom_the_page_did_not_show_nothing_is_changed(app: Served) -> None:
    ann = await joined(app.house, "agent", "ann")
    returns = await department(app.house, app)
    await app.rest("PATCH", f"/agents/{ann.id}", {"departments": [returns]})
    assert (await posted(app, returns)).status_code == 303
    assert (await where(app))[ann.id] == [returns]
    assert (await posted(app, returns, shown=[ann.id])).status_code == 303
    assert (await where(app))[ann.id] == [], "the control: shown and not chosen, they leave"
    assert (await posted(app, "none", shown=[ann.id])).status_code == 404


async def test_the_page_of_departments_names_its_members_and_leads_on(app: Served) -> None:
    ann = await joined(app.house, "agent", "ann")
    returns = await department(app.house, app)
    headers = await own(app, await cookie(app))
    before = (await app.client.get("/admin/departments", headers=headers)).text
    await app.rest("PATCH", f"/agents/{ann.id}", {"departments": [returns]})
    after = (await app.client.get("/admin/departments", headers=headers)).text
    assert ("<bdi>Agent</bdi>" in before, "<bdi>Agent</bdi>" in after) == (False, True)
    assert f'href="/admin/routing#rule-{returns}"' in after
    assert f'id="rule-{returns}"' in (await app.client.get("/admin/routing", headers=headers)).text
    page = (await app.client.get(f"/admin/departments/{returns}/members", headers=headers)).text
    assert page.count(" checked") == 1
