"""Of two who read one thing and change it, the second is shown what the first did, and changes nothing."""

from typing import Any

import pytest

from chat.core.versions import Precondition
from tests.inside import Served, colleague, new_id, problem_of
from tests.test_strangers import webhook_of

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]
RETENTION = [{"transcripts_days": days} for days in (200, 300)]
ACCOUNT = [{"name": name} for name in ("Acme and sons", "Acme and daughters")]
FIELDS = [{"fields": [{"key": "order", "label": label, "kind": "text"}]} for label in ("Order", "Number")]
ROLES = [{"changed": {"agent": {"contact.export": allowed}}} for allowed in (False, True)]


async def lost(app: Served, verb: str, path: str, bodies: list[dict[str, Any]]) -> bool:
    """Whether the second wrote over what the first changed."""
    headers = app.house.bearer | {"if-match": (await app.rest("GET", path)).headers["etag"]}
    first, second = [await app.client.request(verb, f"/api/v1{path}", json=each, headers=headers) for each in bodies]
    assert first.status_code == 200, first.text
    if second.status_code == 200:
        return True
    current = problem_of(second, 412, "changed_meanwhile")["current"]
    assert current == {name: value for name, value in first.json().items() if name in current}
    assert current.keys() >= first.json().keys() - {"storage"}  # which is nobody's to change
    assert (await app.rest("GET", path)).headers["etag"] == first.headers["etag"]
    return False


async def test_the_second_of_two_is_shown_what_the_first_did(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    made = {"id": new_id(), "name": "Sales"}
    answers = [await app.rest("POST", "/departments", made | {"name": name}) for name in ("Sales", "Another")]
    assert [each.status_code for each in answers] == [201, 200]
    assert answers[0].json() == answers[1].json()
    department = f"/departments/{made['id']}"
    changes = [{"name": "Sales and orders"}, {"name": "Orders"}]
    assert not await lost(app, "PATCH", department, changes)
    assert not await lost(app, "PUT", "/roles", ROLES)
    assert not await lost(app, "PUT", "/retention", RETENTION)
    assert not await lost(app, "PUT", "/ticket-fields", FIELDS)
    assert not await lost(app, "PATCH", "/account", ACCOUNT)
    hook, _ = await webhook_of(app)
    assert not await lost(app, "PATCH", f"/webhooks/{hook}", ACCOUNT)
    assert not await lost(app, "PATCH", f"/sites/{app.house.site.id}", ACCOUNT)
    stale = app.house.bearer | {"if-match": '"old"'}
    answer = await app.client.delete(f"/api/v1{department}", headers=stale)
    problem_of(answer, 412, "changed_meanwhile")
    monkeypatch.setattr(Precondition, "require", lambda *_: None)
    assert await lost(app, "PATCH", department, changes[::-1]), "the control"
    assert await lost(app, "PUT", "/roles", ROLES[::-1]), "the control"
    assert await lost(app, "PUT", "/retention", RETENTION[::-1]), "the control"
    assert await lost(app, "PUT", "/ticket-fields", FIELDS[::-1]), "the control"
    assert await lost(app, "PATCH", "/account", ACCOUNT[::-1]), "the control"
    assert await lost(app, "PATCH", f"/webhooks/{hook}", ACCOUNT[::-1]), "the control"


async def test_nobody_is_deactivated_who_was_changed_meanwhile(app: Served) -> None:
    low, _ = await colleague(app.services, app.house.actor, "low@acme.example", "Low", "agent")
    path = f"/agents/{low.id}"
    seen = (await app.rest("GET", path)).headers["etag"]
    assert (await app.rest("PATCH", path, {"name": "Lower"})).status_code == 200
    ending = f"/api/v1{path}/deactivation"
    answer = await app.client.post(ending, headers=app.house.bearer | {"if-match": seen})
    assert problem_of(answer, 412, "changed_meanwhile")["current"]["name"] == "Lower"
    now = (await app.rest("GET", path)).headers["etag"]
    assert (await app.client.post(ending, headers=app.house.bearer | {"if-match": now})).status_code == 200
