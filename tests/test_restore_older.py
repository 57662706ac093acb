"""A backup of an older schema is restored at that schema and brought forward, and who was erased since is erased."""

from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, Table, insert, inspect, select

from chat.audit.actions import verdicts
from chat.backup.store import archive
from chat.core.crypt import canonical
from chat.core.errors import Misconfigured
from chat.core.ids import uuid7
from chat.core.settings import Settings
from chat.erasure.actions import erasure
from chat.infra.ledger.ledger import LedgerHead
from chat.infra.store import Store, copies, engine, migrations
from chat.infra.store.backups import BackupStatus
from chat.infra.store.columns import metadata
from chat.tags.actions import list_tags
from chat.tickets.actions import redaction, tickets
from tests.backups import backed_up, load, restored, rows, said
from tests.inside import House
from tests.services import PostgreSQL
from tests.test_erasure import chatted
from tests.test_migrations import drift

pytestmark = pytest.mark.both_databases

TAGS = ["Zyxvip", "α/β"]
OLDEST = "0006_backup"
"""No backup is older: this revision brought them."""


@pytest.fixture
def older(settings: Settings, tmp_path: Path, postgresql: PostgreSQL) -> Iterator[Settings]:
    """The place as it was when its database was at the oldest schema of which there are backups."""
    on_sqlite = settings.database_url.startswith("sqlite")
    made = replace(settings, database_url=f"sqlite:///{tmp_path}/older.db" if on_sqlite else postgresql.clone())
    migrations.migrate(made, OLDEST)
    yield made
    if not on_sqlite:
        postgresql.drop(made.database_url)


def tables_of(tx: Any) -> list[Table]:
    """The tables of a database that a backup holds, as the database itself describes them."""
    there = MetaData()
    there.reflect(tx)
    left_out = {each.name for each in metadata.sorted_tables} - {each.name for each in copies.saved()}
    return [each for each in there.sorted_tables if each.name not in {*left_out, *copies.BOOKKEEPING}]


async def moved(house: House, older: Settings) -> None:
    """Give an older database every row of a house's that its tables and columns can hold."""
    target = engine(older.database_url)
    with target.begin() as tx:
        for into in tables_of(tx):
            known = {str(each.name) for each in into.columns}
            found = [
                {name: value for name, value in row.items() if name in known}
                for row in await rows(house.services, str(into.name))
            ]
            if into.name == "ticket":  # which had them in the clear then
                found = [row | {"tags": TAGS} for row in found]
            if found:
                tx.execute(insert(into), found)
    target.dispose()


def server_of(tx: Any) -> dict[str, Any]:
    """What a backup says of its server."""
    names = {each.name for each in fields(BackupStatus)}
    row = tx.execute(select(Table("server", MetaData(), autoload_with=tx))).mappings().one()
    return {name: value for name, value in row.items() if name in names}


def backup_of(house: House, older: Settings, path: Path, head: LedgerHead) -> Path:
    """Write the backup that the code of that time would have written: its tables, its columns, its revision."""
    store = Store(older.database_url)
    made = {"id": uuid7(), "made_at": house.services.clock(), "revision": OLDEST}
    manifest: dict[str, Any] = {"tables": [], "counters": {}, "files": 0, "missing": 0, "ledger": asdict(head)}

    def work(tx: Any) -> None:
        copies.freeze(tx)
        for each in tables_of(tx):
            lines = list(copies.rows(tx, each))
            out.add(f"tables/{each.name}", lines)
            manifest["tables"].append({"name": each.name, "columns": copies.shape(each), "rows": len(lines)})
        manifest["server"] = server_of(tx)

    with archive.writing(path, house.services.signer, made) as out:
        store.write_here(work)
        out.add("manifest.json", [canonical(manifest | {"members": out.members})])
    store.close()
    return path


async def test_a_backup_of_an_older_schema_is_brought_forward_and_who_was_erased_since_is_erased(
    house: House, older: Settings, elsewhere: Settings, vault: Path
) -> None:
    kept = await chatted(house, "Αλέξανδρος", email="kept@x.example")
    gone = await chatted(house, "Zyxomma", email="gone@x.example")
    await moved(house, older)
    path = backup_of(house, older, vault / "lethe-older.backup", house.services.ledger.head())
    with archive.opened(path, house.services.signer) as backup:
        assert backup.head.revision == OLDEST != migrations.HEAD
        columns = {each["name"]: dict(each["columns"]) for each in backup.manifest["tables"]}
    assert "ham_held" not in columns["account"]
    assert "training_run" not in columns, "it must be older than the tables that came since"
    number = (await tickets.last_of(house.services, kept.contact.id)).number  # type: ignore[union-attr] # they wrote
    await redaction.message(house.services, house.actor, number, 2)
    await erasure.by_agent(house.services, house.actor, gone.contact.uid)
    await erasure.sweep(house.services)
    async with restored(elsewhere, path) as (services, report):
        assert migrations.current(elsewhere.database_url) == migrations.HEAD
        assert drift(elsewhere.database_url, metadata) == []
        assert (report.replayed["erase"], report.replayed["redact"]) == (1, 1)
        assert [each["uid"] for each in await rows(services, "contact")] == [kept.contact.uid]
        read = dict(await said(services, kept))
        assert [seq for seq, text in read.items() if not text] == [2, 4], "redacted, and the entry that says so"
        assert [read[seq] for seq in (1, 3)] == [
            text for seq, text in await said(house.services, kept) if seq in {1, 3}
        ]
        assert (await rows(services, "account"))[0]["ham_held"] == 0.002
        (row,) = await rows(services, "ticket")
        assert TAGS[0].encode() not in row["tags"]
        assert [(each.name, each.tickets) for each in await list_tags(services, house.actor)] == [
            (each, 1) for each in TAGS
        ]
        assert [each.broken_at for each in await verdicts.verify_all(services)] == [None]
        later = await House(services, house.made, house.actor, house.site, house.box).visit("Later")
        assert later.contact.id > gone.contact.id


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_without_the_migrations_an_older_backup_is_not_served(
    house: House, older: Settings, elsewhere: Settings, vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: what the test above sees is the work of bringing it forward."""
    await chatted(house)
    await moved(house, older)
    path = backup_of(house, older, vault / "lethe-older.backup", house.services.ledger.head())
    migrate = migrations.migrate
    with monkeypatch.context() as without:
        without.setattr(migrations, "migrate", lambda place, revision=OLDEST: migrate(place, revision))
        load(elsewhere, path)
    assert migrations.current(elsewhere.database_url) == OLDEST
    with pytest.raises(Misconfigured, match="run lethe migrate"):
        migrations.require_current(elsewhere.database_url, restoring=True)


async def test_a_backup_of_a_newer_schema_is_refused_with_nothing_written(
    house: House, vault: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await chatted(house)
    monkeypatch.setattr(migrations, "HEAD", "9999_later")
    path = await backed_up(house, vault)
    monkeypatch.undo()
    before = sorted(elsewhere.data.rglob("*"))
    with pytest.raises(Misconfigured, match="is at 9999_later, newer than this Lethe; run the newer Lethe"):
        load(elsewhere, path)
    assert sorted(elsewhere.data.rglob("*")) == before
    target = engine(elsewhere.database_url)
    assert inspect(target).get_table_names() == []
    target.dispose()
