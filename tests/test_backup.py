"""A backup is one whole file or not there, holds everything but keys, and lapses."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chat.account.actions import accounts
from chat.attachments.actions import attachments
from chat.audit.actions import verdicts
from chat.backup.actions import backups, restoring
from chat.backup.store import archive
from chat.core.clock import DAY, stamp
from chat.core.errors import Misconfigured, Unavailable
from chat.core.settings import Settings
from chat.erasure.actions import erasure, views
from chat.infra.keys import keycopy
from tests.backups import (
    FILE,
    backed_up,
    held,
    names,
    quiet,
    restored,
    rows,
    said,
    sent_file,
)
from tests.inside import Guest, House, certified
from tests.services import PostgreSQL
from tests.test_erasure import chatted

pytestmark = pytest.mark.both_databases


async def test_every_row_and_file_comes_back_as_it_was(house: House, vault: Path, elsewhere: Settings) -> None:
    guest = await chatted(house, "Αλέξανδρος", count=5)
    file = await sent_file(guest)
    path = await backed_up(house, vault)
    before = await held(house.services)
    async with restored(elsewhere, path) as (services, report):
        assert await held(services) == before
        assert {name: report.tables[name] for name in before} == {name: len(each) for name, each in before.items()}
        assert [each.broken_at for each in await verdicts.verify_all(services)] == [None]
        assert (await rows(services, "audit"))[-1]["action"] == "backup.restored"
        assert report.sample == restoring.OpenedSample(looked_at=1, opened=1, gone=0, closed=0)
        opened = await attachments.of_visitor(services, guest.contact, file, small=False)
        assert b"".join(opened.pieces) == FILE
        assert await said(services, guest) == await said(house.services, guest)
    assert path.stat().st_mode & 0o077 == 0


async def test_under_load_every_acked_message_from_before_is_there_once_in_order(
    house: House, vault: Path, elsewhere: Settings
) -> None:
    await accounts.change_account(house.services, house.actor, message_rate=0)
    guests = [await house.visit() for _ in range(4)]
    acked: dict[str, list[int]] = {each.contact.uid: [] for each in guests}
    going = True

    async def write(guest: Guest) -> None:
        while going:
            acked[guest.contact.uid].append((await guest.say("hello")).seq)

    writing = [asyncio.create_task(write(each)) for each in guests]
    await asyncio.sleep(0.5)
    sure = {uid: len(seqs) for uid, seqs in acked.items()}
    path = await backed_up(house, vault)
    after = {uid: len(seqs) for uid, seqs in acked.items()}
    going = False
    await asyncio.gather(*writing)
    assert min(sure.values()) > 3
    assert sum(after.values()) > sum(sure.values()), "others wrote meanwhile"
    async with restored(elsewhere, path) as (services, _):
        for guest in guests:
            found = [each["seq"] for each in await rows(services, "message") if each["contact_id"] == guest.contact.id]
            assert found == list(range(1, len(found) + 1))
            assert len(found) >= sure[guest.contact.uid]
        numbers = {each["id"]: each["last_seq"] for each in await rows(services, "ticket")}
        counts = [each["ticket_id"] for each in await rows(services, "message")]
        assert numbers == {ticket: counts.count(ticket) for ticket in numbers}


async def test_what_cannot_be_entered_in_the_ledger_is_not_done(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    guest = await chatted(house)

    def full(*_: Any) -> None:
        raise Unavailable

    monkeypatch.setattr(house.services.ledger._lines, "append", full)
    with pytest.raises(Unavailable):
        await erasure.by_agent(house.services, house.actor, guest.contact.uid)
    monkeypatch.undo()
    assert await erasure.sweep(house.services) == 0
    assert len(await said(house.services, guest)) == 3


async def test_an_erasure_reaches_the_copy_of_the_keys(house: House, vault: Path, tmp_path: Path) -> None:
    guest, other = await chatted(house), await chatted(house, email="other@x.example")
    keys_in = tmp_path / "keys apart"
    assert await backups.copy_keys(house.services, keys_in, vault) == 3  # two contacts and the owner
    whose = guest.contact.key_slot, guest.contact.uid
    assert keycopy.holds(str(keys_in), *whose) is True
    made = await erasure.by_agent(house.services, house.actor, guest.contact.uid)
    await erasure.sweep(house.services)
    done = await views.state(house.services, house.actor, made)
    assert (done.places[0].found, done.places[0].removed) == (2, 2)
    assert certified(done).backups.readable is False
    assert keycopy.holds(str(keys_in), *whose) is False
    assert keycopy.holds(str(keys_in), other.contact.key_slot, other.contact.uid) is True
    keys_in.rename(tmp_path / "unplugged")
    made = await erasure.by_agent(house.services, house.actor, other.contact.uid)
    await erasure.sweep(house.services)
    done = await views.state(house.services, house.actor, made)
    assert certified(done).backups.readable is True  # said, not hidden


async def test_keys_are_never_beside_the_data(house: House, vault: Path, settings: Settings) -> None:
    for bad in (settings.data, settings.data / "backups", settings.data.parent):
        with pytest.raises(Misconfigured):
            await backups.make(house.services, bad, None, quiet)
    for bad in (vault, vault / "keys", vault.parent, settings.data):
        with pytest.raises(Misconfigured):
            await backups.copy_keys(house.services, bad, vault)
    path = await backed_up(house, vault)
    with archive.opened(path, house.services.signer) as backup:
        members = [each.replace("passkey", "") for each in backup.manifest["members"]]
        assert not [each for each in members if "key" in each or "ledger" in each]
        assert {"session", "outbox", "server"} & {*archive.counts_of(backup.manifest)} == set()


async def test_a_full_disk_leaves_no_backup_that_looks_whole(
    house: House, vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await chatted(house)
    whole = await backed_up(house, vault)

    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    for name in ("pwrite", "fsync"):
        with monkeypatch.context() as patched:
            patched.setattr(f"chat.backup.store.archive.os.{name}", full)
            with pytest.raises(Unavailable, match="No space left"):
                await backed_up(house, vault)
        assert names(vault) == {whole.name}


async def test_backups_lapse_and_nothing_else_goes(house: House, vault: Path) -> None:
    old, foreign, other = await backed_up(house, vault), vault / "lethe-old.backup", vault / "notes.txt"
    foreign.write_bytes(b"lethe backup 1\n{}\nAAAA\n".ljust(2000))
    other.write_text("mine")
    (vault / ".lethe-killed.backup.part").write_bytes(b"half")
    later = replace(house.services, clock=lambda: house.services.clock() + 31 * DAY)
    made = await backups.make(later, vault, None, quiet)
    assert made.removed == [old.name]
    assert names(vault) == {Path(made.backup).name, foreign.name, other.name}
    assert await backups.sweep(later) == 0
    assert await backups.sweep(replace(later, clock=lambda: house.services.clock() + 70 * DAY)) == 1
    guest = await chatted(house)
    await backups.make(house.services, vault, 7, quiet)
    done = await erasure.by_agent(house.services, house.actor, guest.contact.uid)
    await erasure.sweep(house.services)
    certificate = certified(await views.state(house.services, house.actor, done))
    assert certificate.backups.lapse_at[:10] == stamp(house.services.clock() + 7 * DAY)[:10]
    for days in (0, -1, 99_999):
        with pytest.raises(Misconfigured):
            await backups.make(house.services, vault, days, quiet)


async def test_a_file_erased_while_the_backup_is_written_is_missing_and_said(
    house: House, vault: Path, elsewhere: Settings
) -> None:
    guest = await chatted(house)
    await sent_file(guest)
    await attachments.forget(house.services, guest.contact.uid)
    made = await backups.make(house.services, vault, None, quiet)
    assert (made.files, made.missing) == (0, 1)
    async with restored(elsewhere, Path(made.backup)) as (_, report):
        assert report.files == 0


async def test_a_backup_of_one_database_restores_on_the_other(
    house: House, vault: Path, elsewhere: Settings, postgresql: PostgreSQL
) -> None:
    guest = await chatted(house, "Αλέξανδρος")
    await sent_file(guest)
    path = await backed_up(house, vault)
    before = await held(house.services)
    sqlite = elsewhere.database_url.startswith("sqlite")
    url = postgresql.clone() if sqlite else f"sqlite:///{elsewhere.data}/other.db"
    async with restored(replace(elsewhere, database_url=url), path) as (services, _):
        assert await held(services) == before
