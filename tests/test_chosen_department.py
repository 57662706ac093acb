"""A visitor chooses a department where the site asks: the ticket opens there, and nothing else is let through."""

from typing import Any

import pytest

from chat.account import store as accounts
from tests.inside import Guest, Inner, Served, found, inner_socket, new_id, problem_of

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("settings", ["sqlite"], indirect=True)]


async def asks(app: Served, ask: str = "optional") -> str:
    """The site asks; the id of a department."""
    made: str = (await app.rest("POST", "/departments", {"name": "Returns"})).json()["id"]
    answer = await app.rest("PATCH", f"/sites/{app.house.site.id}", {"fields": {"department": ask}})
    assert answer.status_code == 200, answer.text
    return made


async def offered(app: Served) -> list[dict[str, str]]:
    """What the widget lets choose."""
    found: list[dict[str, str]] = (await app.call("GET", f"/widget/{app.house.key}/config")).json()["departments"]
    return found


async def said(visitor: Inner, guest: Guest, department: object) -> dict[str, Any]:
    """What the visitor is answered whose message names a department."""
    await visitor("hello", "welcome", token=guest.begun.token)
    frame: dict[str, Any] = await visitor("message", "ack", id=new_id(), text="hello", department=department)
    return frame


async def test_the_first_message_opens_the_ticket_where_it_was_chosen(app: Served) -> None:
    returns, guest = await asks(app), await app.house.visit()
    assert await offered(app) == [{"id": returns, "name": "Returns"}]
    async with inner_socket(app, "/ws/visitor", {"origin": "https://shop.example"}) as visitor:
        assert (await said(visitor, guest, returns.upper()))["seq"] == 1
        assert (await said(visitor, guest, new_id()))["seq"] == 2, "a ticket that is there stays where it is"
    assert (await app.rest("GET", "/tickets/1")).json()["department"]["id"] == returns


@pytest.mark.parametrize("ask", ["off", "optional"])
async def test_what_is_not_offered_is_refused_and_opens_nothing(app: Served, ask: str) -> None:
    returns, guest = await asks(app, ask), await app.house.visit()
    other = await found(app.services, "Other", "owner@other.example", app.house.box)
    theirs = (await app.rest("POST", "/departments", {"name": "Theirs"}, other)).json()["id"]
    wrong = [theirs, new_id(), *([returns] if ask == "off" else [])]
    async with inner_socket(app, "/ws/visitor", {"origin": "https://shop.example"}) as visitor:
        for each in wrong:
            assert (await said(visitor, guest, each))["code"] == "invalid_field", each
        for each in ("Returns", 5, "x" * 99):
            assert (await said(visitor, guest, each))["code"] == "invalid_frame", each
        problem_of(await app.rest("GET", "/tickets/1"), 404, "not_found")
        assert (await said(visitor, guest, None))["seq"] == 1
    assert (await app.rest("GET", "/tickets/1")).json()["department"] is None


async def test_the_control_where_all_is_offered_a_strange_one_is_taken(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    returns, guest = await asks(app, "off"), await app.house.visit()
    monkeypatch.setattr(accounts, "offered_departments", lambda *_: {returns: "Returns"})
    async with inner_socket(app, "/ws/visitor", {"origin": "https://shop.example"}) as visitor:
        assert (await said(visitor, guest, returns))["type"] == "ack"
    assert (await app.rest("GET", "/tickets/1")).json()["department"]["id"] == returns


async def test_a_site_asks_only_as_it_may(app: Served) -> None:
    assert await offered(app) == []
    for wrong in ({"department": "required"}, {"department": "yes"}, {"departments": "optional"}):
        answer = await app.rest("PATCH", f"/sites/{app.house.site.id}", {"fields": wrong})
        assert problem_of(answer, 422, "invalid_field")["field"] == "fields"
    await asks(app)
    await app.rest("PATCH", f"/sites/{app.house.site.id}", {"fields": {"name": "optional"}})
    assert await offered(app) == [], "off unless it is said"
