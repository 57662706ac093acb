"""A backup is whole or not there, restores elsewhere, and brings nobody back who was forgotten since."""

import asyncio
import random
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from chat import archive, residue
from chat.actions.desk import Desk, unseal_text
from chat.actions.privacy import backups, consent, erasure, holds, replay, restoring, verdicts
from chat.actions.talk import attachments, redaction, tickets
from chat.actions.talk.posting import Postbox
from chat.actions.team import accounts
from chat.app import open_desk
from chat.clock import DAY, stamp
from chat.crypt import Signer
from chat.errors import LetheError, Misconfigured, NotFound, Unavailable
from chat.metrics import Metrics
from chat.settings import Settings, from_env
from chat.store import copies, folder, keycopy, migrations
from chat.store.ledger import Ledger
from chat.store.schema import metadata
from chat.tokens import Visitor
from tests.desks import Guest, House
from tests.services import PostgreSQL
from tests.test_erasure import chatted, hashed

FILE = b"rarecontent of a file " * 100


def quiet(_line: str) -> None:
    """Nobody reads the progress here."""


@pytest.fixture
def elsewhere(settings: Settings, postgresql: PostgreSQL) -> Iterator[Settings]:
    """A place like the first one with its database lost: the same secret, keys and ledger, nothing else."""
    other = settings.data.parent / "elsewhere"
    shutil.copytree(settings.data, other, ignore=lambda *_: ["attachments", "filters", "lethe.db", "keys"])
    given = {"LETHE_DATA": str(other), "LETHE_KEYS_URL": settings.keys_url}
    if settings.database_url.startswith("postgresql"):
        given["LETHE_DATABASE_URL"] = postgresql.clone()
    yield from_env(given)
    if "LETHE_DATABASE_URL" in given:
        postgresql.drop(given["LETHE_DATABASE_URL"])


@pytest.fixture
def kept(settings: Settings) -> Path:
    """Where backups go."""
    return settings.data.parent / "backups"


async def backed_up(house: House, kept: Path) -> Path:
    """The file of a new backup."""
    return Path((await backups.make(house.desk, kept, None, quiet))["backup"])


def load(place: Settings, path: Path, **options: Any) -> None:
    """The first half of a restore, as the command does it."""
    with archive.opened(path, Signer(folder.server_secret(place))) as backup:
        restoring.look(place, backup, options.get("keys"), without_ledger=options.get("without_ledger", False))
        restoring.load(place, backup, quiet)


@asynccontextmanager
async def restored(place: Settings, path: Path, **options: Any) -> AsyncIterator[tuple[Desk, dict[str, Any]]]:
    """A restore, whole, and the desk on what it made."""
    await asyncio.to_thread(load, place, path, **options)
    with archive.opened(path, Signer(folder.server_secret(place))) as backup:
        async with open_desk(place, restoring=True) as desk:
            report = await restoring.finish(desk, backup, quiet)
    async with open_desk(place) as desk:
        yield desk, report


async def rows(desk: Desk, name: str) -> list[dict[str, Any]]:
    """Every row of a table, in order."""
    table = metadata.tables[name]
    return await desk.store.read(
        lambda tx: [dict(row) for row in tx.execute(select(table).order_by(*table.primary_key)).mappings()]
    )


async def held(desk: Desk) -> dict[str, list[dict[str, Any]]]:
    """Every row that a backup holds, but the audit log: that goes on."""
    return {each.name: await rows(desk, each.name) for each in copies.saved() if not each.name.startswith("audit")}


async def said(desk: Desk, guest: Guest) -> list[tuple[int, str]]:
    """What a contact wrote, by number, in plain."""
    key = desk.keys.get(guest.contact.key_slot, guest.contact.uid)
    mine = [each for each in await rows(desk, "message") if each["contact_id"] == guest.contact.id]
    return [(m["seq"], unseal_text(key, m["author"], m["cid"], m["body"]) if m["body"] else "") for m in mine]


async def sent_file(guest: Guest) -> str:
    """The id of an attachment that a message names."""
    desk = guest.house.desk
    made = await attachments.keep(desk, guest.contact, "visitor", "rarename.txt", FILE)
    draft = guest.draft("with a file")
    draft.attachments = (made.id,)
    await guest.house.box.post(draft)
    return made.id


async def withdrawn(guest: Guest) -> str:
    """The visitor takes everything back; the erasure waits for the account's grace."""
    return await erasure.by_visitor(guest.house.desk, Visitor(guest.contact.uid, guest.house.key, 0))


async def test_every_row_and_file_comes_back_as_it_was(house: House, kept: Path, elsewhere: Settings) -> None:
    guest = await chatted(house, "Αλέξανδρος", count=5)
    file = await sent_file(guest)
    path = await backed_up(house, kept)
    before = await held(house.desk)
    async with restored(elsewhere, path) as (desk, report):
        assert await held(desk) == before
        assert {name: report["tables"][name] for name in before} == {name: len(each) for name, each in before.items()}
        assert [each.broken_at for each in await verdicts.verify_all(desk)] == [None]
        assert (await rows(desk, "audit"))[-1]["action"] == "backup.restored"
        assert report["sample"] == {"looked_at": 1, "opened": 1, "gone": 0, "closed": 0}
        opened = await attachments.of_visitor(desk, guest.contact, file, small=False)
        assert b"".join(opened.pieces) == FILE
        assert await said(desk, guest) == await said(house.desk, guest)
    assert path.stat().st_mode & 0o077 == 0


async def test_under_load_every_acked_message_from_before_is_there_once_in_order(
    house: House, kept: Path, elsewhere: Settings
) -> None:
    await accounts.change_account(house.desk, house.actor, message_rate=0)
    guests = [await house.visit() for _ in range(4)]
    acked: dict[str, list[int]] = {each.contact.uid: [] for each in guests}
    going = True

    async def write(guest: Guest) -> None:
        while going:
            acked[guest.contact.uid].append((await guest.say("hello")).seq)

    writing = [asyncio.create_task(write(each)) for each in guests]
    await asyncio.sleep(0.5)
    sure = {uid: len(seqs) for uid, seqs in acked.items()}
    path = await backed_up(house, kept)
    after = {uid: len(seqs) for uid, seqs in acked.items()}
    going = False
    await asyncio.gather(*writing)
    assert min(sure.values()) > 3
    assert sum(after.values()) > sum(sure.values()), "others wrote meanwhile"
    async with restored(elsewhere, path) as (desk, _):
        for guest in guests:
            found = [each["seq"] for each in await rows(desk, "message") if each["contact_id"] == guest.contact.id]
            assert found == list(range(1, len(found) + 1))
            assert len(found) >= sure[guest.contact.uid]
        numbers = {each["id"]: each["last_seq"] for each in await rows(desk, "ticket")}
        counts = [each["ticket_id"] for each in await rows(desk, "message")]
        assert numbers == {ticket: counts.count(ticket) for ticket in numbers}


async def since_then(house: House) -> tuple[dict[str, Guest], Any]:
    """Contacts to whom everything happens after the backup, and what happens."""
    guests = {
        each: await chatted(house, f"{each} Zyxomma", f"{each}@x.example") for each in ("erased", "waits", "other")
    }
    guests["trainer"] = await house.visit(training=True)
    await guests["trainer"].say("BUY CHEAP pills")
    trained = await tickets.last_of(house.desk, guests["trainer"].contact.id)
    assert trained is not None
    await tickets.hold(house.desk, house.actor, trained.number, held=True)
    first = await sent_file(guests["other"])
    await sent_file(guests["erased"])
    unused = await attachments.keep(house.desk, guests["other"].contact, "visitor", "unused.txt", FILE)
    open_one = await tickets.last_of(house.desk, guests["other"].contact.id)
    assert open_one is not None

    async def happen() -> None:
        await accounts.change_account(house.desk, house.actor, grace_days=7)
        await redaction.message(house.desk, house.actor, open_one.number, 2)
        await redaction.attachment(house.desk, house.actor, first)
        await redaction.attachment(house.desk, house.actor, unused.id)
        await consent.renew(house.desk, guests["trainer"].contact, await house.version(), {"chat": True})
        await erasure.by_agent(house.desk, house.actor, guests["erased"].contact.uid)
        await erasure.sweep(house.desk)
        await withdrawn(guests["waits"])
        later = await house.visit("came later")
        await later.say("after the backup")
        await erasure.by_agent(house.desk, house.actor, later.contact.uid)
        guests["later"] = later

    return guests, happen


async def test_what_was_taken_away_since_is_taken_away_again(house: House, kept: Path, elsewhere: Settings) -> None:
    guests, happen = await since_then(house)
    path = await backed_up(house, kept)
    receipts = await rows(house.desk, "receipt")
    await happen()
    other, gone, waits = guests["other"].contact, guests["erased"].contact, guests["waits"].contact
    async with restored(elsewhere, path) as (desk, report):
        assert report["replayed"] == dict.fromkeys(replay.DEEDS, 0) | {"erase": 3, "redact": 2, "file": 1, "narrow": 1}
        there = {each["uid"] for each in await rows(desk, "contact")}
        assert there == {each.contact.uid for name, each in guests.items() if name not in {"erased", "later"}}
        assert not [each for each in await rows(desk, "message") if each["contact_id"] == gone.id]
        assert not any(desk.keys.holds(each.key_slot, each.uid) for each in (gone, guests["later"].contact))
        assert (await said(desk, guests["other"]))[1] == (2, "")
        assert await rows(desk, "attachment") == []
        assert not [path for path in (elsewhere.data / "attachments").rglob("*") if path.is_file()]
        assert await rows(desk, "label") == []
        assert not list((elsewhere.data / "filters").glob("*.filter"))
        waiting = {each["contact_uid"]: each for each in await rows(desk, "erasure")}
        assert waiting[waits.uid]["state"] == "queued"
        with pytest.raises(LetheError):
            await consent.reader_of(desk, Visitor(waits.uid, house.key, 0))
        mine = [each for each in receipts if each["contact_id"] == other.id]
        assert [each for each in await rows(desk, "receipt") if each["contact_id"] == other.id] == mine
        assert await erasure.sweep(replace(desk, clock=lambda: house.desk.clock() + 8 * DAY)) == 1
    assert residue_in(elsewhere.data, ["Zyxomma", "rarename", "rarecontent"]) == []


def residue_in(place: Path, texts: list[str]) -> list[str]:
    """Where in a folder a text is."""
    known, found = residue.forms(texts), (each for each in place.rglob("*") if each.is_file())
    return [str(path) for path in found if list(residue.search([path.read_bytes()], known))]


@pytest.mark.parametrize("mutant", ["nothing is replayed", "nothing is entered"])
async def test_a_restore_without_replay_is_caught(
    house: House, kept: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch, mutant: str
) -> None:
    """The mutants: the test above would see all of this."""
    guests, happen = await since_then(house)
    path = await backed_up(house, kept)
    if mutant == "nothing is entered":
        monkeypatch.setattr(Ledger, "enter", lambda *_: None)
    await happen()
    if mutant == "nothing is replayed":
        monkeypatch.setattr(replay, "since", lambda *_: [])
    async with restored(elsewhere, path) as (desk, _):
        assert guests["erased"].contact.uid in {each["uid"] for each in await rows(desk, "contact")}
        assert (await said(desk, guests["other"]))[1][1]
        assert await rows(desk, "attachment")
        assert await rows(desk, "label")
        with pytest.raises(NotFound):  # though not readable even so: the key is gone for good
            await said(desk, guests["erased"])


def test_every_deed_that_is_entered_can_be_done_again() -> None:
    source = "".join(path.read_text() for path in (Path(__file__).parent.parent / "chat" / "actions").rglob("*.py"))
    entered = set(re.findall(r'ledger\.enter\([^"]*"(\w+)", ', source))
    assert entered == {*replay.DEEDS}
    assert "erase" in entered


@pytest.mark.parametrize("margin", [replay.MARGIN, 0])
async def test_a_deed_that_commits_while_the_backup_begins_is_done_again(
    house: House, kept: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch, margin: int
) -> None:
    """It is in the ledger before the backup begins, and in no row that the backup sees."""
    guest = await chatted(house)
    last = await tickets.last_of(house.desk, guest.contact.id)
    assert last is not None
    what = {"contact": guest.contact.uid, "ticket": last.id, "seq": 1, "part": None}
    house.desk.ledger.enter(house.desk.clock() - 5, "redact", what)
    path = await backed_up(house, kept)
    monkeypatch.setattr(replay, "MARGIN", margin)
    async with restored(elsewhere, path) as (desk, _):
        assert bool((await said(desk, guest))[0][1]) is (margin == 0)  # the mutant keeps it


async def test_what_was_replayed_once_is_not_done_to_what_was_written_since(
    house: House, kept: Path, elsewhere: Settings, postgresql: PostgreSQL
) -> None:
    guest = await chatted(house)
    path = await backed_up(house, kept)
    number = (await guest.say("lost with the first database")).number
    await redaction.message(house.desk, house.actor, number, 4)
    async with restored(elsewhere, path) as (desk, report):
        assert report["replayed"]["redact"] == 1
        there = House(desk, house.made, house.actor, house.site, Postbox(desk, Metrics()))
        again = Guest(there, guest.begun, guest.contact)
        assert (await again.say("another with the same number")).seq == 4
        second = await backed_up(there, kept)
        url = postgresql.clone() if elsewhere.database_url.startswith("postgresql") else f"sqlite:///{kept}/third.db"
        async with restored(replace(elsewhere, database_url=url), second) as (third, later):
            assert later["replayed"]["redact"] == 0
            assert (await said(third, guest))[3] == (4, "another with the same number")


async def test_a_ticket_deleted_since_goes_again_and_a_hold_is_kept(
    house: House, kept: Path, elsewhere: Settings
) -> None:
    guest, held = await chatted(house), await chatted(house, email="held@x.example")
    number = (await tickets.last_of(house.desk, guest.contact.id)).number  # type: ignore[union-attr] # they wrote
    path = await backed_up(house, kept)
    await redaction.purge(house.desk, house.actor, number)
    await holds.place(house.desk, house.actor, held.contact.uid, "a claim", 30)
    await erasure.by_agent(house.desk, house.actor, held.contact.uid)
    before = await hashed(house.desk, held)
    async with restored(elsewhere, path) as (desk, report):
        assert (report["replayed"]["purge"], report["replayed"]["hold"]) == (1, 1)
        assert {each["contact_id"] for each in await rows(desk, "ticket")} == {held.contact.id}
        assert {each["contact_id"] for each in await rows(desk, "message")} == {held.contact.id}
        assert len(await said(desk, held)) == 3
        assert await erasure.sweep(desk) == 0
    assert await hashed(house.desk, held) == before


async def test_nothing_is_opened_before_the_replay_has_finished(house: House, kept: Path, elsewhere: Settings) -> None:
    guest = await chatted(house)
    path = await backed_up(house, kept)
    await erasure.by_agent(house.desk, house.actor, guest.contact.uid)
    await erasure.sweep(house.desk)
    await asyncio.to_thread(load, elsewhere, path)
    with pytest.raises(Misconfigured, match="restore has not finished"):
        async with open_desk(elsewhere):
            pass
    # Killed here, it is run again, even with another backup.
    async with restored(elsewhere, path) as (desk, _):
        assert await rows(desk, "contact") == []


class Killed(BaseException):
    """Stands for a process that ends here."""


async def test_a_restore_stopped_anywhere_goes_on_to_the_same_end(
    house: House, kept: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, happen = await since_then(house)
    path = await backed_up(house, kept)
    await happen()
    for step in (
        "chat.store.copies.count_on",
        "chat.actions.privacy.restoring.replay.since",
        "chat.actions.privacy.replay.redaction.sweep",
        "chat.actions.privacy.replay.attachments.sweep",
        "chat.store.privacy.backups.finish",
    ):

        def stop(*_: Any) -> None:
            raise Killed

        with monkeypatch.context() as patched:
            patched.setattr(step, stop)
            with pytest.raises(Killed):
                async with restored(elsewhere, path):
                    pass
        with pytest.raises(Misconfigured):
            async with open_desk(elsewhere):
                pass
    async with restored(elsewhere, path) as (desk, report):
        assert report["replayed"]["erase"] == 3
        assert len(await rows(desk, "contact")) == 3


async def test_each_restore_is_an_epoch_of_its_own(house: House, kept: Path, elsewhere: Settings) -> None:
    await chatted(house)
    path = await backed_up(house, kept)
    async with restored(elsewhere, path) as (desk, first):
        assert await tickets.epoch(desk) == first["epoch"] > await tickets.epoch(house.desk)
        await desk.store.write(copies.drop)
    await asyncio.sleep(1.1)  # epochs count seconds
    async with restored(elsewhere, path) as (_, second):
        assert second["epoch"] > first["epoch"]


async def test_ids_of_rows_that_were_lost_are_not_given_again(house: House, kept: Path, elsewhere: Settings) -> None:
    for number in range(3):
        last = await chatted(house, email=f"{number}@x.example")
    await erasure.by_agent(house.desk, house.actor, last.contact.uid)
    await erasure.sweep(house.desk)
    path = await backed_up(house, kept)
    async with restored(elsewhere, path) as (desk, _):
        there = House(desk, house.made, house.actor, house.site, house.box)
        assert (await there.visit()).contact.id > last.contact.id


async def test_a_place_in_use_is_refused_and_untouched(house: House, kept: Path, settings: Settings) -> None:
    guest = await chatted(house)
    path = await backed_up(house, kept)
    before = await hashed(house.desk, guest)
    with pytest.raises(Misconfigured, match="data here already"):
        await asyncio.to_thread(load, settings, path)
    assert await hashed(house.desk, guest) == before


def names(of: Path) -> set[str]:
    """What is in a folder."""
    return {each.name for each in of.iterdir()}


def refused(place: Settings, path: Path) -> str:
    """The one line that says why a backup is not restored; the place must be as it was."""
    with pytest.raises(Misconfigured) as why:
        load(place, path)
    assert "\n" not in why.value.detail
    assert migrations.current(place.database_url) is None
    return why.value.detail


async def test_a_backup_with_any_byte_changed_or_cut_off_is_refused(
    house: House, kept: Path, elsewhere: Settings
) -> None:
    await chatted(house)
    path = await backed_up(house, kept)
    whole, seed = path.read_bytes(), random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    places = [
        *(chance.randrange(archive.HEAD_BYTES) for _ in range(20)),
        *(chance.randrange(len(whole)) for _ in range(40)),
    ]
    for at in places:
        damaged = bytearray(whole)
        damaged[at] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        refused(elsewhere, path)
    for length in (0, 1, 500, archive.HEAD_BYTES, len(whole) - 1, chance.randrange(len(whole))):
        path.write_bytes(whole[:length])
        refused(elsewhere, path)
    path.write_bytes(whole + b"\0")
    refused(elsewhere, path)
    path.write_bytes(bytes(archive.HEAD_BYTES) + whole[archive.HEAD_BYTES :])
    assert "never finished" in refused(elsewhere, path)
    path.write_bytes(whole)
    async with restored(elsewhere, path):  # the control
        pass


async def test_a_newer_or_foreign_backup_is_refused(
    house: House, kept: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await backed_up(house, kept)
    assert "another server" in refused(replace(elsewhere, secret_key="x" * 40), path)
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"lethe backup 1\n", b"lethe backup 2\n", 1))
    assert "newer format" in refused(elsewhere, path)
    monkeypatch.setattr(migrations, "HEAD", "9999")
    newer = await backed_up(house, kept)
    monkeypatch.undo()
    assert "newer than this Lethe" in refused(elsewhere, newer)


async def test_a_ledger_that_is_lost_or_older_is_refused_unless_one_insists(
    house: House, kept: Path, elsewhere: Settings, tmp_path: Path, postgresql: PostgreSQL
) -> None:
    guest, other = await chatted(house), await chatted(house, email="other@x.example")
    await erasure.by_agent(house.desk, house.actor, guest.contact.uid)
    keys_in = tmp_path / "keys apart"
    await backups.copy_keys(house.desk, keys_in, kept)
    path = await backed_up(house, kept)
    if elsewhere.keys_url.startswith("file:"):
        bare = replace(elsewhere, keys_url=f"file://{tmp_path}/nothing/contacts.keys")
    else:
        bare = replace(elsewhere, keys_url=postgresql.clone())
    assert "no keys here" in refused(bare, path)
    with pytest.raises(Misconfigured, match="--without-ledger"):
        load(bare, path, keys=keys_in)
    async with restored(bare, path, keys=keys_in, without_ledger=True) as (desk, _):
        assert len(await said(desk, other)) == 3
        assert guest.contact.uid not in {each["uid"] for each in await rows(desk, "contact")}


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_ledger_with_a_line_changed_or_left_out_is_refused(
    house: House, kept: Path, elsewhere: Settings
) -> None:
    for number in range(3):
        guest = await chatted(house, email=f"{number}@x.example")
        await erasure.by_agent(house.desk, house.actor, guest.contact.uid)
    path = await backed_up(house, kept)
    ledger = house.desk.settings.data / "keys" / "forgotten.ledger"
    whole = ledger.read_bytes()
    lines = whole.splitlines(keepends=True)
    for bad in (lines[:1] + lines[2:], lines[1:], [lines[0].replace(b'"at":1', b'"at":2'), *lines[1:]], lines[:2]):
        ledger.write_bytes(b"".join(bad))
        assert "ledger" in refused(elsewhere, path)
    ledger.write_bytes(whole + b"cut off while it was writ")
    async with restored(elsewhere, path) as (desk, _):
        assert [each.number for each in desk.ledger.entries()] == [1, 2, 3, 4]


async def test_what_cannot_be_entered_in_the_ledger_is_not_done(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    guest = await chatted(house)

    def full(*_: Any) -> None:
        raise Unavailable

    monkeypatch.setattr(house.desk.ledger._lines, "append", full)
    with pytest.raises(Unavailable):
        await erasure.by_agent(house.desk, house.actor, guest.contact.uid)
    monkeypatch.undo()
    assert await erasure.sweep(house.desk) == 0
    assert len(await said(house.desk, guest)) == 3


async def test_an_erasure_reaches_the_copy_of_the_keys(house: House, kept: Path, tmp_path: Path) -> None:
    guest, other = await chatted(house), await chatted(house, email="other@x.example")
    keys_in = tmp_path / "keys apart"
    assert await backups.copy_keys(house.desk, keys_in, kept) == 3  # two contacts and the owner
    whose = guest.contact.key_slot, guest.contact.uid
    assert keycopy.holds(str(keys_in), *whose) is True
    made = await erasure.by_agent(house.desk, house.actor, guest.contact.uid)
    await erasure.sweep(house.desk)
    done = await erasure.state(house.desk, house.actor, made)
    assert (done["places"][0]["found"], done["places"][0]["removed"]) == (2, 2)
    assert done["certificate"]["certificate"]["backups"]["readable"] is False
    assert keycopy.holds(str(keys_in), *whose) is False
    assert keycopy.holds(str(keys_in), other.contact.key_slot, other.contact.uid) is True
    keys_in.rename(tmp_path / "unplugged")
    made = await erasure.by_agent(house.desk, house.actor, other.contact.uid)
    await erasure.sweep(house.desk)
    done = await erasure.state(house.desk, house.actor, made)
    assert done["certificate"]["certificate"]["backups"]["readable"] is True  # said, not hidden


async def test_keys_are_never_beside_the_data(house: House, kept: Path, settings: Settings) -> None:
    for bad in (settings.data, settings.data / "backups", settings.data.parent):
        with pytest.raises(Misconfigured):
            await backups.make(house.desk, bad, None, quiet)
    for bad in (kept, kept / "keys", kept.parent, settings.data):
        with pytest.raises(Misconfigured):
            await backups.copy_keys(house.desk, bad, kept)
    path = await backed_up(house, kept)
    with archive.opened(path, house.desk.signer) as backup:
        assert not [each for each in backup.manifest["members"] if "key" in each or "ledger" in each]
        assert {"session", "outbox", "server"} & {*backups.counts_of(backup.manifest)} == set()


async def test_a_full_disk_leaves_no_backup_that_looks_whole(
    house: House, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await chatted(house)
    whole = await backed_up(house, kept)

    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    for name in ("pwrite", "fsync"):
        with monkeypatch.context() as patched:
            patched.setattr(f"chat.archive.os.{name}", full)
            with pytest.raises(Unavailable, match="No space left"):
                await backed_up(house, kept)
        assert names(kept) == {whole.name}


async def test_backups_lapse_and_nothing_else_goes(house: House, kept: Path) -> None:
    old, foreign, other = await backed_up(house, kept), kept / "lethe-old.backup", kept / "notes.txt"
    foreign.write_bytes(b"lethe backup 1\n{}\nAAAA\n".ljust(2000))
    other.write_text("mine")
    (kept / ".lethe-killed.backup.part").write_bytes(b"half")
    later = replace(house.desk, clock=lambda: house.desk.clock() + 31 * DAY)
    made = await backups.make(later, kept, None, quiet)
    assert made["removed"] == [old.name]
    assert names(kept) == {Path(made["backup"]).name, foreign.name, other.name}
    assert await backups.sweep(later) == 0
    assert await backups.sweep(replace(later, clock=lambda: house.desk.clock() + 70 * DAY)) == 1
    guest = await chatted(house)
    await backups.make(house.desk, kept, 7, quiet)
    done = await erasure.by_agent(house.desk, house.actor, guest.contact.uid)
    await erasure.sweep(house.desk)
    certificate = (await erasure.state(house.desk, house.actor, done))["certificate"]["certificate"]
    assert certificate["backups"]["lapse_at"][:10] == stamp(house.desk.clock() + 7 * DAY)[:10]
    for days in (0, -1, 99_999):
        with pytest.raises(Misconfigured):
            await backups.make(house.desk, kept, days, quiet)


async def test_a_file_erased_while_the_backup_is_written_is_missing_and_said(
    house: House, kept: Path, elsewhere: Settings
) -> None:
    guest = await chatted(house)
    await sent_file(guest)
    await attachments.forget(house.desk, guest.contact.uid)
    made = await backups.make(house.desk, kept, None, quiet)
    assert (made["files"], made["missing"]) == (0, 1)
    async with restored(elsewhere, Path(made["backup"])) as (_, report):
        assert report["files"] == 0


async def test_a_backup_of_one_database_restores_on_the_other(
    house: House, kept: Path, elsewhere: Settings, postgresql: PostgreSQL
) -> None:
    guest = await chatted(house, "Αλέξανδρος")
    await sent_file(guest)
    path = await backed_up(house, kept)
    before = await held(house.desk)
    sqlite = elsewhere.database_url.startswith("sqlite")
    url = postgresql.clone() if sqlite else f"sqlite:///{elsewhere.data}/other.db"
    async with restored(replace(elsewhere, database_url=url), path) as (desk, _):
        assert await held(desk) == before
