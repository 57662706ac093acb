"""The list of contacts: found by words, tag and site, from either end, and nobody whom the agent may not see."""

from typing import Any

import pytest

from chat.profiles.actions import finding
from chat.tickets.actions import changing
from tests.inside import Served, is_refused, new_id
from tests.test_department_scope import Split, split

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]
__all__ = ["split"]


async def names(app: Served, **asked: Any) -> list[str]:
    """Who is found, page by page."""
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = (await app.rest("POST", "/contacts/search", asked | {"cursor": cursor})).json()
        found += [each["name"] for each in answer["items"]]
        cursor = answer["next"]
    return found


async def test_contacts_are_found_by_words_tag_and_site_from_either_end(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = app.house
    for number, name in enumerate(("Ada", "Bea", "Ádam", "Cleo"), 1):
        await (await house.visit(name, f"{name[0].lower()}{number}@x.example")).say("hello")
    await changing.change(house.services, house.actor, 2, {"tags": ["parcel"]})
    await changing.change(house.services, house.actor, 3, {"tags": ["parcel"]})
    monkeypatch.setattr(finding, "SEARCHED", 1)
    assert await names(app) == ["Cleo", "Ádam", "Bea", "Ada"]
    for limit in (1, 2):
        assert await names(app, q="ada", limit=limit) == ["Ádam", "Ada"]
        assert await names(app, q="ada", limit=limit, order="number") == ["Ada", "Ádam"]
        assert await names(app, tag="parcel", limit=limit) == ["Ádam", "Bea"]
    assert await names(app, q="@x.example", tag="parcel", order="number") == ["Bea", "Ádam"]
    assert await names(app, site=house.site.id, q="cleo") == ["Cleo"]
    assert await names(app, site=new_id()) == []
    listed = (await app.rest("GET", "/contacts?tag=parcel&order=newest&limit=1")).json()
    assert [each["name"] for each in listed["items"]] == ["Ádam"]
    assert listed["next"]
    for wrong in ({"q": "a"}, {"site": "no id"}, {"tag": "x" * 51}, {"cursor": "?"}):
        assert is_refused(await app.rest("POST", "/contacts/search", wrong), 422, "invalid_field"), wrong


async def test_nobody_is_found_by_a_ticket_of_another_department(split: Split) -> None:
    house = split.house
    for number in split.numbers.values():
        await changing.change(house.services, house.actor, number, {"tags": ["parcel"]})
    for asked in ({"tag": "parcel"}, {}, {"q": "sa"}, {"q": "returns"}):
        answer = await split.app.client.post("/api/v1/contacts/search", json=asked, headers=split.agent.bearer)
        found = [each["name"] for each in answer.json()["items"]]
        assert found == {"sa": ["Sales"], "returns": []}.get(asked.get("q", ""), ["None", "Sales"]), asked
