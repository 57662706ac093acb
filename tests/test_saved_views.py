"""Views that agents keep: sealed, seen by colleagues where shared, changed by who made them, gone with them."""

from typing import Any

import pytest
from sqlalchemy import select, update

from chat.infra.store.tx import Tx
from chat.views import actions as views
from chat.views.schema import saved_view
from tests.inside import Served, new_id, problem_of
from tests.test_roles import Person, joined

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]
OPEN = {"status": "open", "tag": "crates of the canary"}


async def ask(app: Served, who: Person, method: str, path: str = "", body: Any = None) -> Any:
    """Ask as somebody."""
    return await app.client.request(method, f"/api/v1/views{path}", json=body, headers=who.bearer)


async def names(app: Served, who: Person) -> list[str]:
    """The views that somebody sees."""
    return [each["name"] for each in (await ask(app, who, "GET")).json()["items"]]


async def test_a_view_is_ones_own_until_it_is_shared_and_sealed_always(app: Served) -> None:
    ann, bea = await joined(app.house, "agent", "ann"), await joined(app.house, "agent", "bea")
    body = {"id": new_id(), "name": "Canary’s crates", "filters": OPEN}
    made = await ask(app, ann, "POST", "", body)
    assert (made.status_code, made.json()["filters"], made.json()["mine"]) == (201, OPEN, True)
    assert (await ask(app, ann, "POST", "", body | {"name": "again"})).json() == made.json()
    assert (await names(app, ann), await names(app, bea)) == (["Canary’s crates"], [])
    path = f"/{made.json()['id']}"
    problem_of(await ask(app, bea, "GET", path), 404, "not_found")
    problem_of(await ask(app, bea, "POST", "", body), 404, "not_found")  # nor is it given out by its id

    def stored(tx: Tx) -> list[bytes]:
        return list(tx.execute(select(saved_view.c.body)).scalars())

    (sealed,) = await app.services.store.read(stored)
    assert b"anary" not in sealed
    # The control: who has the database alone and marks it as shared shows it to nobody.
    await app.services.store.write(lambda tx: tx.execute(update(saved_view).values(shared=True)))
    assert await names(app, bea) == []
    await app.services.store.write(lambda tx: tx.execute(update(saved_view).values(shared=False)))

    assert (await ask(app, ann, "PATCH", path, {"shared": True})).json()["shared"] is True
    seen = (await ask(app, bea, "GET", path)).json()
    assert (seen["name"], seen["mine"]) == ("Canary’s crates", False)
    problem_of(await ask(app, bea, "PATCH", path, {"name": "Mine"}), 403, "forbidden")
    problem_of(await ask(app, bea, "DELETE", path), 403, "forbidden")
    stale = {**ann.bearer, "if-match": made.headers["etag"]}
    answer = await app.client.patch(f"/api/v1/views{path}", json={"name": "Late"}, headers=stale)
    assert problem_of(answer, 412, "changed_meanwhile")
    assert (await ask(app, ann, "DELETE", path)).status_code == 204
    assert await names(app, bea) == []


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": " "}, "name"),
    ({"name": "x" * 61}, "name"),
    ({"filters": {}}, "filters"),
    ({"filters": {"status": "closed"}}, "filters"),
    ({"filters": {"assignee": "nobody"}}, "assignee"),
    ({"filters": {"site": "none"}}, "site"),
    ({"filters": {"tag": "x" * 51}}, "tag"),
    ({"filters": {"priority": "hot"}}, "priority"),
]


async def test_what_fits_no_ticket_is_refused(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = await joined(app.house, "agent", "ann")
    for wrong, field in WRONG:
        answer = await ask(app, ann, "POST", "", {"name": "Open", "filters": {"status": "open"}} | wrong)
        assert problem_of(answer, 422, "invalid_field")["field"].startswith(field), wrong
    monkeypatch.setattr(views, "MOST", 1)
    assert (await ask(app, ann, "POST", "", {"name": "Open", "filters": {"assignee": "me"}})).status_code == 201
    problem_of(await ask(app, ann, "POST", "", {"name": "More", "filters": {"assignee": "me"}}), 409, "not_now")
