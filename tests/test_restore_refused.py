"""What must not be restored is refused with one line, and the place is as it was."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from chat.backup.actions import backups
from chat.backup.store import archive
from chat.core.errors import Misconfigured
from chat.core.settings import Settings
from chat.erasure.actions import erasure
from chat.infra.store import migrations
from tests.backups import (
    backed_up,
    load,
    restored,
    rows,
    said,
)
from tests.chance import dice
from tests.inside import House
from tests.services import PostgreSQL
from tests.test_erasure import chatted, hashed


async def test_a_place_in_use_is_refused_and_untouched(house: House, vault: Path, settings: Settings) -> None:
    guest = await chatted(house)
    path = await backed_up(house, vault)
    before = await hashed(house.services, guest)
    with pytest.raises(Misconfigured, match="data here already"):
        await asyncio.to_thread(load, settings, path)
    assert await hashed(house.services, guest) == before


def refused(place: Settings, path: Path) -> str:
    """The one line that says why a backup is not restored; the place must be as it was."""
    with pytest.raises(Misconfigured) as why:
        load(place, path)
    assert "\n" not in why.value.detail
    assert migrations.current(place.database_url) is None
    return why.value.detail


async def test_a_backup_with_any_byte_changed_or_cut_off_is_refused(
    house: House, vault: Path, elsewhere: Settings
) -> None:
    await chatted(house)
    path = await backed_up(house, vault)
    whole, chance = path.read_bytes(), dice("damaged backups")
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
    house: House, vault: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await backed_up(house, vault)
    assert "another server" in refused(replace(elsewhere, secret_key="x" * 40), path)
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"lethe backup 1\n", b"lethe backup 2\n", 1))
    assert "newer format" in refused(elsewhere, path)
    monkeypatch.setattr(migrations, "HEAD", "9999")
    newer = await backed_up(house, vault)
    monkeypatch.undo()
    assert "newer than this Lethe" in refused(elsewhere, newer)


async def test_a_ledger_that_is_lost_or_older_is_refused_unless_one_insists(
    house: House, vault: Path, elsewhere: Settings, tmp_path: Path, postgresql: PostgreSQL
) -> None:
    guest, other = await chatted(house), await chatted(house, email="other@x.example")
    await erasure.by_agent(house.services, house.actor, guest.contact.uid)
    keys_in = tmp_path / "keys apart"
    await backups.copy_keys(house.services, keys_in, vault)
    path = await backed_up(house, vault)
    if elsewhere.keys_url.startswith("file:"):
        bare = replace(elsewhere, keys_url=f"file://{tmp_path}/nothing/contacts.keys")
    else:
        bare = replace(elsewhere, keys_url=postgresql.clone())
    assert "no keys here" in refused(bare, path)
    with pytest.raises(Misconfigured, match="--without-ledger"):
        load(bare, path, keys=keys_in)
    async with restored(bare, path, keys=keys_in, without_ledger=True) as (services, _):
        assert len(await said(services, other)) == 3
        assert guest.contact.uid not in {each["uid"] for each in await rows(services, "contact")}


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_ledger_with_a_line_changed_or_left_out_is_refused(
    house: House, vault: Path, elsewhere: Settings
) -> None:
    for number in range(3):
        guest = await chatted(house, email=f"{number}@x.example")
        await erasure.by_agent(house.services, house.actor, guest.contact.uid)
    path = await backed_up(house, vault)
    ledger = house.services.settings.data / "keys" / "forgotten.ledger"
    whole = ledger.read_bytes()
    lines = whole.splitlines(keepends=True)
    for bad in (lines[:1] + lines[2:], lines[1:], [lines[0].replace(b'"at":1', b'"at":2'), *lines[1:]], lines[:2]):
        ledger.write_bytes(b"".join(bad))
        assert "ledger" in refused(elsewhere, path)
    ledger.write_bytes(whole + b"cut off while it was writ")
    async with restored(elsewhere, path) as (services, _):
        assert [each.number for each in services.ledger.entries()] == [1, 2, 3, 4]
