"""
What filters a list reaches the database beside the SQL, never in it: CVE-2025-21628 and CVE-2026-44706 (Chatwoot).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from sqlalchemy import column, event, select, text
from starlette.routing import BaseRoute, Mount, Route

from chat.routes import routes
from chat.tickets.schema import ticket
from tests.chance import dice
from tests.inside import Served, new_id
from tests.routes import taken

pytestmark = pytest.mark.anyio
MARK = "zq7q"
HOSTILE = (
    MARK,
    f"' OR '{MARK}'='{MARK}",
    f"1) OR (1=1) --{MARK}",
    f"{MARK}; DROP TABLE ticket",
    f"2020-01-01' AND '{MARK}",
    f'"{MARK}"',
    f"{MARK}%' ESCAPE '_",
    f":{MARK}",
    f"%({MARK})s",
    f"\\{MARK}",
)


def filters(found: list[BaseRoute], before: str = "") -> Iterator[tuple[str, list[str]]]:
    """Each address that is read, and the parameters it takes."""
    for each in found:
        if isinstance(each, Mount) and each.routes:
            yield from filters(list(each.routes), before + each.path)
        elif isinstance(each, Route) and "GET" in (each.methods or ()) and taken(each.endpoint):
            yield before + each.path, sorted(taken(each.endpoint))


@contextmanager
def statements(app: Served) -> Iterator[list[str]]:
    """Every SQL that is run meanwhile."""
    said: list[str] = []
    engines = {app.services.store._read_engine, app.services.store._write_engine}

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        said.append(statement)

    for each in engines:
        event.listen(each, "before_cursor_execute", note)
    yield said
    for each in engines:
        event.remove(each, "before_cursor_execute", note)


async def test_adv_38_and_adv_39_no_operator_and_no_value_of_a_filter_is_in_the_sql(app: Served) -> None:
    chance, asked = dice("filters"), 0
    await (await app.house.visit()).say("Hello")
    await app.sign_in()
    with statements(app) as said:
        for path, names in filters(routes()):
            at = path.replace("{site_key}", app.house.key).replace("{view}", "all").replace("{number:int}", "1")
            at = at.replace("{id}", new_id()).replace("{contact}", new_id())
            headers = app.house.bearer if path.startswith("/api") else {}
            for name in names:
                for value in chance.sample(HOSTILE, 3):
                    spelt = chance.choice([name, f"{name}[]", f"{name}[{value}]", f"{name}__{value}"])
                    answers = [
                        await app.client.get(f"{at}?{urlencode({each: value})}", headers=headers)
                        for each in (name, spelt)
                    ]
                    assert all(each.status_code < 500 for each in answers), (path, name, value)
                    asked += 2
        for value in HOSTILE:
            assert (await app.rest("PATCH", "/tickets/1", {"tags": [value]})).is_success
            found = await app.rest("GET", f"/tickets?tag={quote(value)}")
            assert [each["number"] for each in found.json()["items"]] == [1], value
    assert asked > 200
    assert [each for each in said if MARK in each] == []
    assert (await app.rest("GET", "/tickets/1")).is_success


async def test_adv_38_the_control_sql_that_is_put_together_is_seen(app: Served) -> None:
    with statements(app) as said:
        await app.services.store.read(lambda tx: tx.execute(select(ticket.c.id).where(text(f"'{MARK}' = 'x'"))).all())
        await app.services.store.read(lambda tx: tx.execute(select(ticket.c.id).where(column("id") == 1)).all())
    assert len([each for each in said if MARK in each]) == 1
