"""A restored place holds nobody who was forgotten since, whatever a restore is interrupted by."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chat.app import open_services
from chat.attachments.actions import attachments
from chat.backup.actions import replay
from chat.consent.actions import consent
from chat.core.clock import DAY
from chat.core.errors import LetheError, Misconfigured, NotFound
from chat.core.settings import Settings
from chat.core.tokens import Visitor
from chat.erasure.actions import erasure
from chat.features import FEATURES, _replays, gathered
from chat.holds import actions as holds
from chat.infra.ledger.ledger import Ledger
from chat.infra.metrics import Metrics
from chat.infra.store import copies
from chat.tickets.actions import redaction, tickets
from chat.tickets.actions.posting import Postbox
from tests.backups import (
    Killed,
    backed_up,
    load,
    names,
    residue_in,
    restored,
    rows,
    said,
    since_then,
)
from tests.inside import Guest, House
from tests.services import PostgreSQL
from tests.test_attachments import picture
from tests.test_erasure import chatted, hashed

pytestmark = pytest.mark.both_databases


async def test_what_was_taken_away_since_is_taken_away_again(house: House, vault: Path, elsewhere: Settings) -> None:
    guests, happen = await since_then(house)
    path = await backed_up(house, vault)
    receipts = await rows(house.services, "receipt")
    await happen()
    other, gone, waits = guests["other"].contact, guests["erased"].contact, guests["waits"].contact
    async with restored(elsewhere, path) as (services, report):
        assert report.replayed == dict.fromkeys(gathered().replays, 0) | {
            "erase": 3,
            "redact": 2,
            "file": 1,
            "narrow": 1,
        }
        there = {each["uid"] for each in await rows(services, "contact")}
        assert there == {each.contact.uid for name, each in guests.items() if name not in {"erased", "later"}}
        assert not [each for each in await rows(services, "message") if each["contact_id"] == gone.id]
        assert not any(services.keys.holds(each.key_slot, each.uid) for each in (gone, guests["later"].contact))
        assert (await said(services, guests["other"]))[1] == (2, "")
        assert await rows(services, "attachment") == []
        assert not [path for path in (elsewhere.data / "attachments").rglob("*") if path.is_file()]
        assert await rows(services, "label") == []
        assert not list((elsewhere.data / "filters").glob("*.filter"))
        waiting = {each["contact_uid"]: each for each in await rows(services, "erasure")}
        assert waiting[waits.uid]["state"] == "queued"
        with pytest.raises(LetheError):
            await consent.reader_of(services, Visitor(waits.uid, house.key, 0))
        mine = [each for each in receipts if each["contact_id"] == other.id]
        assert [each for each in await rows(services, "receipt") if each["contact_id"] == other.id] == mine
        assert await erasure.sweep(replace(services, clock=lambda: house.services.clock() + 8 * DAY)) == 1
    assert residue_in(elsewhere.data, ["Zyxomma", "rarename", "rarecontent"]) == []


@pytest.mark.parametrize("mutant", ["nothing is replayed", "nothing is entered"])
async def test_a_restore_without_replay_is_caught(
    house: House, vault: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch, mutant: str
) -> None:
    """The mutants: the test above would see all of this."""
    guests, happen = await since_then(house)
    path = await backed_up(house, vault)
    if mutant == "nothing is entered":
        monkeypatch.setattr(Ledger, "enter", lambda *_: None)
    await happen()
    if mutant == "nothing is replayed":
        monkeypatch.setattr(replay, "since", lambda *_: [])
    async with restored(elsewhere, path) as (services, _):
        assert guests["erased"].contact.uid in {each["uid"] for each in await rows(services, "contact")}
        assert (await said(services, guests["other"]))[1][1]
        assert await rows(services, "attachment")
        assert await rows(services, "label")
        with pytest.raises(NotFound):  # though not readable even so: the key is gone for good
            await said(services, guests["erased"])


def test_every_action_that_is_entered_can_be_done_again() -> None:
    source = "".join(path.read_text() for path in (Path(__file__).parent.parent / "chat").rglob("*.py"))
    entered = set(re.findall(r'(?:ledger\.enter|enter_taken)\([^"]*"(\w+)", ', source))
    assert entered == {*gathered().replays}
    assert "erase" in entered


def test_two_features_cannot_do_one_action_again() -> None:
    (holds_again,) = (each for each in FEATURES if each.name == "holds")
    with pytest.raises(ValueError, match="two features do one action of the ledger again: hold, lift, hold"):
        _replays((holds_again, holds_again))


@pytest.mark.parametrize("margin", [replay.MARGIN, 0])
async def test_an_action_that_commits_while_the_backup_begins_is_done_again(
    house: House, vault: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch, margin: int
) -> None:
    """It is in the ledger before the backup begins, and in no row that the backup sees."""
    guest = await chatted(house)
    last = await tickets.last_of(house.services, guest.contact.id)
    assert last is not None
    what = {"contact": guest.contact.uid, "ticket": last.id, "seq": 1, "part": None}
    house.services.ledger.enter(house.services.clock() - 5, "redact", what)
    path = await backed_up(house, vault)
    monkeypatch.setattr(replay, "MARGIN", margin)
    async with restored(elsewhere, path) as (services, _):
        assert bool((await said(services, guest))[0][1]) is (margin == 0)  # the mutant keeps it


async def test_what_was_replayed_once_is_not_done_to_what_was_written_since(
    house: House, vault: Path, elsewhere: Settings, postgresql: PostgreSQL
) -> None:
    guest = await chatted(house)
    path = await backed_up(house, vault)
    number = (await guest.say("lost with the first database")).number
    await redaction.message(house.services, house.actor, number, 4)
    async with restored(elsewhere, path) as (services, report):
        assert report.replayed["redact"] == 1
        there = House(services, house.made, house.actor, house.site, Postbox(services, Metrics()))
        again = Guest(there, guest.begun, guest.contact)
        assert (await again.say("another with the same number")).seq == 4
        second = await backed_up(there, vault)
        url = postgresql.clone() if elsewhere.database_url.startswith("postgresql") else f"sqlite:///{vault}/third.db"
        async with restored(replace(elsewhere, database_url=url), second) as (third, later):
            assert later.replayed["redact"] == 0
            assert (await said(third, guest))[3] == (4, "another with the same number")


async def test_a_ticket_deleted_since_goes_again_and_a_hold_is_kept(
    house: House, vault: Path, elsewhere: Settings
) -> None:
    guest, held = await chatted(house), await chatted(house, email="held@x.example")
    number = (await tickets.last_of(house.services, guest.contact.id)).number  # type: ignore[union-attr] # they wrote
    path = await backed_up(house, vault)
    await redaction.purge(house.services, house.actor, number)
    await holds.place_hold(house.services, house.actor, held.contact.uid, "a claim", 30)
    await erasure.by_agent(house.services, house.actor, held.contact.uid)
    before = await hashed(house.services, held)
    async with restored(elsewhere, path) as (services, report):
        assert (report.replayed["purge"], report.replayed["hold"]) == (1, 1)
        assert {each["contact_id"] for each in await rows(services, "ticket")} == {held.contact.id}
        assert {each["contact_id"] for each in await rows(services, "message")} == {held.contact.id}
        assert len(await said(services, held)) == 3
        assert await erasure.sweep(services) == 0
    assert await hashed(house.services, held) == before


async def test_nothing_is_opened_before_the_replay_has_finished(house: House, vault: Path, elsewhere: Settings) -> None:
    guest = await chatted(house)
    path = await backed_up(house, vault)
    await erasure.by_agent(house.services, house.actor, guest.contact.uid)
    await erasure.sweep(house.services)
    await asyncio.to_thread(load, elsewhere, path)
    with pytest.raises(Misconfigured, match="restore has not finished"):
        async with open_services(elsewhere):
            pass
    # Killed here, it is run again, even with another backup.
    async with restored(elsewhere, path) as (services, _):
        assert await rows(services, "contact") == []


async def test_a_restore_stopped_anywhere_goes_on_to_the_same_end(
    house: House, vault: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, happen = await since_then(house)
    path = await backed_up(house, vault)
    await happen()
    for step in (
        "chat.infra.store.copies.count_on",
        "chat.backup.actions.restoring.replay.since",
        "chat.backup.actions.replay.redaction.sweep",
        "chat.backup.actions.replay.attachments.sweep",
        "chat.infra.store.backups.finish",
    ):

        def stop(*_: Any) -> None:
            raise Killed

        with monkeypatch.context() as patched:
            patched.setattr(step, stop)
            with pytest.raises(Killed):
                async with restored(elsewhere, path):
                    pass
        with pytest.raises(Misconfigured):
            async with open_services(elsewhere):
                pass
    async with restored(elsewhere, path) as (services, report):
        assert report.replayed["erase"] == 3
        assert len(await rows(services, "contact")) == 3


async def test_each_restore_is_an_epoch_of_its_own(house: House, vault: Path, elsewhere: Settings) -> None:
    await chatted(house)
    path = await backed_up(house, vault)
    async with restored(elsewhere, path) as (services, first):
        assert await tickets.epoch(services) == first.epoch > await tickets.epoch(house.services)
        await services.store.write(copies.drop)
    await asyncio.sleep(1.1)  # epochs count seconds
    async with restored(elsewhere, path) as (_, second):
        assert second.epoch > first.epoch


async def test_ids_of_rows_that_were_lost_are_not_given_again(house: House, vault: Path, elsewhere: Settings) -> None:
    for number in range(3):
        last = await chatted(house, email=f"{number}@x.example")
    await erasure.by_agent(house.services, house.actor, last.contact.uid)
    await erasure.sweep(house.services)
    path = await backed_up(house, vault)
    async with restored(elsewhere, path) as (services, _):
        there = House(services, house.made, house.actor, house.site, house.box)
        assert (await there.visit()).contact.id > last.contact.id


async def test_files_come_back_over_what_a_killed_restore_left(house: House, vault: Path, elsewhere: Settings) -> None:
    services, guest = house.services, await house.visit()
    made = await attachments.keep(services, guest.contact, "visitor", "pot.png", picture())
    draft = guest.draft("look")
    draft.attachments = (made.id,)
    await house.box.post(draft)
    path, row = await backed_up(house, vault), (await rows(services, "attachment"))[0]
    left = elsewhere.data / "attachments" / guest.contact.uid
    left.mkdir(parents=True)
    for ending in ("", ".part", ".small.part"):
        (left / f"{row['blob']}{ending}").write_bytes(b"half")
    async with restored(elsewhere, path) as (there, report):
        assert report.files == 2
        for small in (False, True):
            both = [
                await attachments.of_visitor(each, guest.contact, made.id, small=small) for each in (services, there)
            ]
            assert len({b"".join(file.pieces) for file in both}) == 1
    assert len(names(left)) == 2
