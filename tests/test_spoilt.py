"""
Rows that somebody spoilt are as rows that are not there: whatever is in a sealed or bound column, every reading route
answers, and shows everything else.
"""

# ruff: noqa: F811 - a fixture is named as what it gives

from typing import Any

import pytest
from sqlalchemy import Column, Integer, LargeBinary, Table, select, update
from sqlalchemy.exc import DBAPIError

from chat.account.schema import site
from chat.attachments.schema import attachment
from chat.contacts.schema import contact
from chat.core.crypt import unseal
from chat.export.actions import building
from chat.infra.services import Services
from chat.infra.store import engine
from chat.infra.store.columns import metadata
from chat.routes import routes
from chat.tickets.actions import tickets
from tests.chance import dice
from tests.inside import new_id
from tests.test_database_alone import CANARY, FILE, Intruder, intruder  # noqa: F401 - a fixture
from tests.test_docs import addresses

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]
READS = sorted(each.split(" ")[1] for each in addresses(routes()) if each.startswith("GET "))
AGENTS = tuple(each for each in READS if each.startswith(("/api/v1/", "/admin", "/inbox")))
TRIES = 8
SURE = [(attachment, attachment.c.name), (contact, contact.c.name), (site, site.c.key)]
VISITORS = tuple(each for each in READS if each.startswith("/widget/"))


def columns() -> list[tuple[Table, Column[Any]]]:
    """Every column that is sealed, or that a MAC is over, or in which a key is looked for."""
    sealed = [
        (each, column)
        for each in metadata.sorted_tables
        for column in each.c
        if isinstance(column.type, LargeBinary) or column.name in {"password_hash", "key_slot"}
    ]
    bound = [
        (each, each.c[name])
        for each in metadata.sorted_tables
        for name in (*each.info.get("bound", ()), "mac")
        if name in each.c
    ]
    return [(each, column) for each, column in (*sealed, *bound) if not column.primary_key]


def spoilt(chance: Any, column: Column[Any], held: Any) -> Any:
    """Something else than what a column held: a bit turned, cut off, nothing at all, or chance."""
    if isinstance(held, bytes) and held and chance.random() < 0.5:
        at = chance.randrange(len(held))
        return chance.choice([held[:at], held[:at] + bytes([held[at] ^ 1 << chance.randrange(8)]) + held[at + 1 :]])
    if isinstance(column.type, LargeBinary):
        return chance.randbytes(chance.choice([0, 1, 11, 12, 16, 28, 60]))
    if isinstance(held, bool):
        return not held
    if isinstance(column.type, Integer):
        return chance.choice([-1, 0, 1, 2, 3, chance.randrange(1 << 31)])
    most = column.type.length  # type: ignore[attr-defined] # what is left is text
    return "".join(chance.choices("0123456789abcdef-é'%", k=chance.choice([0, 1, 36, 64])))[:most]


class Spoiler:
    """Writes one column of all rows past the server, and puts it back."""

    def __init__(self, it: Intruder, ids: dict[str, str]) -> None:
        self.it, self.ids, self.chance = it, ids, dice("spoilt rows")

    def spoil(self, of: Table, column: Column[Any]) -> list[tuple[Any, Any]]:
        """Spoil each row's column; return what was there, nothing where the database takes no such value."""
        key = list(of.primary_key)
        was = []
        target = engine(self.it.app.services.settings.database_url)
        with target.connect() as connection:
            for row in connection.execute(select(of)).all():
                mine = [each == row._mapping[each.name] for each in key]
                held = row._mapping[column.name]
                try:
                    with connection.begin_nested() if connection.in_transaction() else connection.begin():
                        connection.execute(update(of).where(*mine).values({column: spoilt(self.chance, column, held)}))
                    was.append((mine, held))
                except DBAPIError:
                    continue
            connection.commit()
        target.dispose()
        return was

    def mend(self, of: Table, column: Column[Any], was: list[tuple[Any, Any]]) -> None:
        """Put a column back."""
        for mine, held in was:
            self.it.sql(update(of).where(*mine).values({column: held}))

    def filled(self, path: str) -> str:
        """A path with what there is in each of its places."""
        kind = path.removeprefix("/api/v1/").removeprefix("/admin/").removeprefix("/widget/{site_key}/")
        uid = self.ids.get(kind.partition("/{")[0], new_id())
        names = {"{number}": "1", "{seq}": "1", "{id}": uid, "{site_key}": self.it.app.house.key}
        for name, value in names.items():
            path = path.replace(name, value)
        return path

    async def broken(self) -> list[str]:
        """The reading routes that break."""
        app, cookie = self.it.app, {"cookie": self.cookie, "accept": "text/html"}
        asked = [(path, app.house.bearer if path.startswith("/api") else cookie) for path in AGENTS]
        asked += [(path, self.it.victim.bearer) for path in VISITORS]
        found = [(path, await self.it.get(self.filled(path), **headers)) for path, headers in asked]
        return [path for path, answer in found if answer.status_code >= 500]

    cookie = ""


@pytest.fixture
async def spoiler(intruder: Intruder) -> Spoiler:
    """A chat with a row of every kind that people's reading meets."""
    app, guest = intruder.app, intruder.victim
    ticket = await tickets.last_of(app.services, guest.contact.id)
    assert ticket is not None
    await app.rest("POST", "/tickets/1/notes", {"id": new_id(), "text": "a note"})
    await app.rest("POST", "/tickets/1/messages", {"id": new_id(), "text": "an answer"})
    await app.rest("PATCH", "/tickets/1", {"assignee": app.house.actor.agent_id})
    made = (await app.rest("POST", f"/contacts/{guest.contact.uid}/exports")).json()["id"]
    assert await building.sweep(app.services) == 1
    made_spoiler = Spoiler(intruder, {"contacts": guest.contact.uid, "exports": made, "attachments": intruder.file})
    made_spoiler.cookie = await intruder.cookie(app.house.made.owner_email, "a password that is long")
    return made_spoiler


async def test_no_spoilt_column_breaks_a_reading_route(spoiler: Spoiler) -> None:
    assert await spoiler.broken() == []
    every = columns()
    tried, found = 0, []
    for of, column in [*SURE, *spoiler.chance.sample(every, len(every))]:
        if tried == TRIES:
            break
        if was := spoiler.spoil(of, column):  # many a column has no row yet
            tried += 1
            found += [f"{of.name}.{column.name}: {each}" for each in await spoiler.broken()]
            spoiler.mend(of, column, was)
    assert found == []
    assert tried == TRIES
    assert CANARY in (await spoiler.it.app.rest("GET", "/tickets/1/messages")).text  # all is as it was


async def test_services_that_let_what_does_not_open_break_is_found(
    spoiler: Spoiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    def strict(services: Services, slot: int, owner: str, place: str, sealed: bytes | None) -> str | None:
        return None if sealed is None else unseal(services.keys.get(slot, owner), sealed, f"{owner}/{place}".encode())

    monkeypatch.setattr(Services, "unseal", strict)
    was = spoiler.spoil(attachment, attachment.c.name)
    assert {"/widget/{site_key}/transcript", "/api/v1/tickets/{number}/messages"} <= {*await spoiler.broken()}
    spoiler.mend(attachment, attachment.c.name, was)
    assert await spoiler.broken() == []


async def test_a_spoilt_file_is_a_missing_file_and_the_rest_is_read(spoiler: Spoiler) -> None:
    it = spoiler.it
    for column in (attachment.c.name, attachment.c.file_key):
        was = spoiler.spoil(attachment, column)
        answers = await it.visitor_reads(it.victim)
        assert [each.status_code for each in answers] == [200, 200, 200, 404]
        assert CANARY in answers[0].text
        assert (FILE in answers[0].text) is (column is attachment.c.file_key)
        spoiler.mend(attachment, column, was)
    assert [each.status_code for each in await it.visitor_reads(it.victim)] == [200] * 4
