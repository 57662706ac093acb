"""The ledger drops what no backup needs any more, and nothing else; its chain holds from where it then begins."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chat.backup.actions import backups
from chat.core.clock import DAY
from chat.core.errors import Misconfigured, Unavailable
from chat.core.settings import Settings
from chat.erasure.actions import erasure
from chat.infra.ledger.ledger import Ledger, LedgerHead, open_ledger
from chat.infra.services import Services
from chat.infra.store import folder
from tests.backups import backed_up, load, restored, rows
from tests.inside import House
from tests.test_erasure import chatted

pytestmark = pytest.mark.both_databases

FIVE = (1, 2, 3, 4, 5)


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Ledger]:
    """An empty ledger on each store."""
    with_secret = open_ledger(settings.keys_url, folder.server_secret(settings))
    yield with_secret
    with_secret.close()


def filled(ledger: Ledger) -> list[LedgerHead]:
    """The heads of a ledger before and after each of five entries, a second apart."""
    heads = [ledger.head()]
    for number in FIVE:
        ledger.enter(number * 1000, "purge", {"ticket": number})
        heads.append(ledger.head())
    return heads


def numbers(ledger: Ledger) -> list[int]:
    """Which entries are there."""
    return [each.number for each in ledger.entries()]


def test_what_is_older_goes_and_the_chain_holds(ledger: Ledger) -> None:
    heads = filled(ledger)
    assert ledger.drop(1000, 9000) == 0
    assert [ledger.reaches(each) for each in heads] == [True] * 6
    assert ledger.drop(3000, 9000) == 2
    assert (numbers(ledger), ledger.head(), ledger.gone()) == ([3, 4, 5], heads[5], 2)
    assert [ledger.reaches(each) for each in heads] == [False, False, True, True, True, True]
    assert ledger.drop(3000, 9000) == 0
    ledger.enter(6000, "purge", {"ticket": 6})
    assert ledger.drop(5000, 9000) == 2
    assert numbers(ledger) == [5, 6]


def test_all_may_go_and_it_still_knows_how_far_it_was(ledger: Ledger) -> None:
    heads = filled(ledger)
    assert ledger.drop(99_000, 99_000) == 5
    assert (numbers(ledger), ledger.head(), ledger.gone()) == ([], heads[5], 5)
    ledger.enter(100_000, "purge", {"ticket": 6})
    assert numbers(ledger) == [6]
    assert [ledger.reaches(each) for each in heads] == [False] * 5 + [True]


def test_an_older_entry_behind_a_younger_one_stays(ledger: Ledger) -> None:
    """Where a clock went back: what goes is a beginning, never a hole."""
    for at in (1000, 9000, 2000, 9500):
        ledger.enter(at, "purge", {"ticket": at})
    assert ledger.drop(5000, 10_000) == 1
    assert numbers(ledger) == [2, 3, 4]


def test_a_copy_of_a_shortened_ledger_is_as_good(ledger: Ledger, settings: Settings, tmp_path: Path) -> None:
    heads = filled(ledger)
    ledger.drop(3000, 9000)
    other = open_ledger(f"file://{tmp_path}/copied/contacts.keys", folder.server_secret(settings))
    other.adopt(ledger.copy())
    assert (numbers(other), other.head(), other.reaches(heads[1])) == ([3, 4, 5], heads[5], False)
    other.close()


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_who_had_it_open_goes_on_in_the_shortened_one(
    ledger: Ledger, settings: Settings, monkeypatch: pytest.MonkeyPatch, *, guarded: bool
) -> None:
    """The control: who does not look whether the file is still the one of that name writes where nobody reads."""
    other = open_ledger(settings.keys_url, folder.server_secret(settings))
    filled(other)
    ledger.drop(3000, 9000)
    if not guarded:
        monkeypatch.setattr(os.path, "samestat", lambda *_: True)
    other.enter(6000, "purge", {"ticket": 6})
    monkeypatch.undo()
    assert numbers(ledger) == ([3, 4, 5, 6] if guarded else [3, 4, 5])
    other.close()


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_what_is_damaged_or_forged_is_no_beginning(ledger: Ledger, settings: Settings) -> None:
    filled(ledger)
    path = settings.data / "keys" / "forgotten.ledger"
    whole = path.read_text()
    path.write_text(whole.replace('"ticket":2', '"ticket":7'))
    with pytest.raises(Misconfigured, match="damaged after entry 1"):
        ledger.drop(4000, 9000)
    assert path.read_text() == whole.replace('"ticket":2', '"ticket":7')
    path.write_text(whole)
    assert ledger.drop(4000, 9000) == 3
    first, *rest = path.read_text().splitlines(keepends=True)
    mark, _, body = first.partition(" ")
    said = json.loads(body) | {"n": 4}
    for forged in (rest, [f"{mark} {json.dumps(said, sort_keys=True, separators=(',', ':'))}\n", *rest[1:]]):
        path.write_text("".join(forged))
        with pytest.raises(Misconfigured, match="damaged"):
            numbers(ledger)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_full_disk_leaves_it_as_it_was(ledger: Ledger, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(ledger)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("chat.infra.ledger.lines.shutil.copyfileobj", full)
    with pytest.raises(Unavailable):
        ledger.drop(3000, 9000)
    monkeypatch.undo()
    assert numbers(ledger) == [*FIVE]
    assert sorted(each.name for each in (settings.data / "keys").iterdir()) == ["forgotten.ledger"]
    ledger.enter(6000, "purge", {"ticket": 6})
    assert numbers(ledger) == [*FIVE, 6]


def on(services: Services, days: float) -> Services:
    """The same services so many days later."""
    clock = services.clock
    return replace(services, clock=lambda: clock() + round(days * DAY))


async def test_the_sweep_keeps_what_any_backup_within_its_days_needs(
    house: House, vault: Path, elsewhere: Settings
) -> None:
    services = house.services
    before = await chatted(house, email="before@x.example")
    await erasure.by_agent(services, house.actor, before.contact.uid)
    kept = await chatted(house, email="kept@x.example")
    path, gone = await backed_up(house, vault), await chatted(house, email="gone@x.example")
    path = path.rename(vault.parent / path.name)  # where no sweep reaches
    house.services = on(services, 1)
    second = await backed_up(house, vault)
    await erasure.by_agent(house.services, house.actor, gone.contact.uid)
    assert await backups.sweep(on(services, 30)) == 0
    assert second.exists()
    assert await backups.sweep(on(services, 36.9)) == 1, "the second backup lapsed, and the ledger has a week to spare"
    assert numbers(services.ledger) == [1, 2]
    async with restored(elsewhere, path) as (there, report):
        assert report.replayed["erase"] >= 1
        assert {each["uid"] for each in await rows(there, "contact")} == {kept.contact.uid}


async def test_a_backup_that_the_ledger_no_longer_reaches_has_lapsed(
    house: House, vault: Path, elsewhere: Settings
) -> None:
    services = house.services
    guest = await chatted(house)
    path = (await backed_up(house, vault)).rename(vault.parent / "kept too long.backup")
    await erasure.by_agent(services, house.actor, guest.contact.uid)
    await erasure.sweep(services)
    assert await backups.sweep(on(services, 37.1)) == 1
    assert numbers(services.ledger) == []
    with pytest.raises(Misconfigured, match="has lapsed: the ledger no longer says") as why:
        load(elsewhere, path)
    assert "\n" not in why.value.detail
    fresh = await backed_up(house, vault)
    async with restored(elsewhere, fresh) as (there, _):
        assert await rows(there, "contact") == []
