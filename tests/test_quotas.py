"""Claims about room: nobody fills the disk, and what can wait is refused before what cannot."""

import asyncio
import shutil
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chat.account.actions import quotas
from chat.attachments.actions import attachments
from chat.core.errors import StorageFull, Unavailable
from chat.core.locales import SHARED
from chat.core.model import LOCALES, Contact
from chat.core.settings import Settings
from chat.export.actions import building, exports
from chat.export.store import exports as rows
from chat.infra import disk
from chat.infra.metrics import Metrics
from chat.infra.store import Store
from chat.tickets.actions.posting import Postbox
from chat.web.ready import Ready
from chat.web.sizes import size
from tests.inside import House, Served, found, served
from tests.test_attachments import stored, upload

ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


def limited(house: House, **limits: Any) -> Any:
    """The services with such settings."""
    return replace(house.services, settings=replace(house.services.settings, **limits))


def over(house: House) -> Any:
    """The services with a floor that is higher than what the disk has free."""
    return limited(house, disk_floor=2 * disk.free(house.services.settings) // disk.MB)


async def stays(services: Any, contact: Contact, size: int) -> Any:
    """A file of so many bytes, kept."""
    return await attachments.keep(services, contact, "visitor", "n", b"x" * size)


async def used(house: House) -> int:
    """What the account is told that it uses."""
    return (await quotas.storage(house.services, house.actor)).used


@ON_SQLITE
async def test_a_contact_has_a_quota_and_so_has_an_account_and_the_server(house: House) -> None:
    guest, other = await house.visit(), await house.visit()
    half = b"x" * (disk.MB // 2)

    async def sent(who: Any, **limits: Any) -> None:
        services = limited(house, **limits)
        await attachments.admit(services, who.contact, "visitor")
        await attachments.keep(services, who.contact, "visitor", "n", half)

    await sent(guest, contact_quota=1)
    await sent(guest, contact_quota=1)
    before = len(stored(house.services))
    with pytest.raises(StorageFull):
        await attachments.keep(limited(house, contact_quota=1), guest.contact, "visitor", "n", half)
    assert len(stored(house.services)) == before  # what was refused left nothing
    await sent(other, contact_quota=1)  # another person's is another
    for limit in ("account_quota", "server_quota"):
        with pytest.raises(StorageFull):
            await sent(other, **{limit: 1})
        await sent(other, **{limit: 100})
    await sent(guest, contact_quota=0, account_quota=0)  # the control: 0 is none


@ON_SQLITE
@pytest.mark.anyio
async def test_under_the_floor_files_go_first_and_messages_last(settings: Settings) -> None:
    free = disk.free(settings) // disk.MB
    async with served(replace(settings, disk_floor=2 * free)) as app:
        guest = await app.house.visit()
        answer = await upload(app, guest, b"words")
        assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")
        with pytest.raises(StorageFull):
            await exports.ask(app.services, guest.contact, "visitor", "visitor")
        assert (await guest.say("hello")).seq == 1
        full = Postbox(replace(app.services, settings=replace(app.services.settings, disk_floor=100 * free)), Metrics())
        with pytest.raises(Unavailable, match="full"):
            await full.post(guest.draft("lost"))
        assert not stored(app.services)


@pytest.mark.anyio
async def test_ready_means_that_messages_are_stored(settings: Settings) -> None:
    """Where the floor says nothing of messages, as on PostgreSQL, it says nothing of readiness either."""
    sqlite = settings.database_url.startswith("sqlite")
    async with served(settings) as app:
        for times, stores in {2: True, 100: not sqlite}.items():  # under the floor, and under a quarter of it
            free = disk.free(settings) // disk.MB
            app.context.services, app.context.ready = limited(app.house, disk_floor=times * free), Ready()
            answer = await app.client.get("/readyz")
            assert (answer.json()["stores"], answer.status_code) == (stores, 200 if stores else 503)
            assert (await app.client.get("/healthz")).status_code == 200


@ON_SQLITE
def test_messages_hang_on_the_disk_of_their_database(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Path] = []
    usage = shutil.disk_usage

    def noted(path: Path) -> Any:
        looked.append(path)
        return usage("/")

    monkeypatch.setattr(shutil, "disk_usage", noted)
    store = Store("sqlite:////elsewhere/x.db")
    store.require_room(settings.disk_floor)
    store.close()
    assert looked == [Path("/elsewhere")]


async def test_a_ready_export_is_the_answer_for_a_day(house: House) -> None:
    guest = await house.visit()
    first = await exports.ask(house.services, guest.contact, "visitor", "visitor")
    await building.sweep(house.services)
    again = await exports.ask(house.services, guest.contact, "visitor", "visitor")
    assert (again.id, again.state) == (first.id, "done")
    day = 86_400_000 + 1000
    later = replace(house.services, clock=lambda: house.services.clock() + day)
    assert (await exports.ask(later, guest.contact, "visitor", "visitor")).id != first.id  # the control


@ON_SQLITE
async def test_a_contact_has_a_quota(house: House) -> None:
    guest, services = await house.visit(), limited(house, contact_quota=1)
    await stays(services, guest.contact, disk.MB)
    with pytest.raises(StorageFull, match="person"):
        await attachments.admit(services, guest.contact, "visitor")


@pytest.mark.parametrize("limit", ["account_quota", "server_quota"])
async def test_files_under_way_are_counted_by_quotas(house: House, limit: str) -> None:
    services = limited(house, **{limit: 1})
    guest, other = await house.visit(), await house.visit()
    async with quotas.reserve(services, guest.contact.account_id, 600_000):
        with pytest.raises(StorageFull):
            await stays(services, other.contact, 600_000)
    await stays(services, other.contact, 600_000)
    made = await asyncio.gather(*(stays(services, guest.contact, 100_000) for _ in range(8)), return_exceptions=True)
    assert {type(each) for each in made if isinstance(each, Exception)} <= {StorageFull}
    assert 600_000 < await used(house) <= disk.MB
    assert not +services.coming


@ON_SQLITE
async def test_what_is_let_go_while_rows_are_read_is_counted_once(house: House) -> None:
    """One file is entered and let go after the other's rows were read, and before they are counted."""
    services, real = limited(house, account_quota=1), quotas.used_by
    guest, other = await house.visit(), await house.visit()
    read, goes_on = threading.Event(), threading.Event()

    def slowly(of: Any, tx: Any, account_id: str | None = None) -> int:
        found = real(of, tx, account_id)
        read.set()
        goes_on.wait(60)
        return found

    async with quotas.reserve(services, guest.contact.account_id, 600_000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(quotas, "used_by", slowly)
            second = asyncio.create_task(stays(services, other.contact, 600_000))
            await asyncio.to_thread(read.wait, 60)
        await stays(replace(services, settings=house.services.settings), guest.contact, 600_000)
    goes_on.set()
    with pytest.raises(StorageFull):
        await second


@ON_SQLITE
async def test_files_under_way_are_counted_by_the_floor(house: House) -> None:
    guest = await house.visit()
    free = disk.free(house.services.settings)
    services = limited(house, disk_floor=free // disk.MB // 2)
    quotas.has_room(services)
    with pytest.raises(StorageFull, match="disk"):
        async with quotas.reserve(services, guest.contact.account_id, free):
            pass
    assert not +services.coming


async def test_archives_count_and_are_made_all_the_same(house: House) -> None:
    guest = await house.visit()
    await stays(house.services, guest.contact, disk.MB)
    full = limited(house, contact_quota=1, account_quota=1, server_quota=1)
    assert (await exports.ask(full, guest.contact, "visitor", "visitor")).state == "queued"
    await building.sweep(full)
    (made,) = await exports.mine(full, guest.contact)
    assert made.state == "done"
    assert await used(house) == disk.MB + (made.size or 0)
    with pytest.raises(StorageFull):
        await quotas.takes(limited(house, account_quota=0, server_quota=1), guest.contact.account_id)


async def test_few_archives_of_a_contact_are_kept(house: House) -> None:
    guest, made = await house.visit(), []
    for day in range(5):
        later = replace(house.services, clock=partial(int, house.services.clock() + day * 86_500_000))
        made.append((await exports.ask(later, guest.contact, "visitor", "visitor")).id)
        await building.sweep(later)
    assert [each.id for each in await exports.mine(house.services, guest.contact)] == made[:2:-1]
    assert house.services.archives.count(guest.contact.uid) == building.KEPT


@ON_SQLITE
async def test_an_archive_waits_for_room_however_long(house: House) -> None:
    guest = await house.visit()
    asked = await exports.ask(house.services, guest.contact, "visitor", "visitor")
    assert not asked.waits_for_room
    for minute in range(2 * building.TRIES):
        later = partial(int, house.services.clock() + minute * 70_000)
        assert await building.sweep(replace(over(house), clock=later)) == 0
    (waits,) = await exports.mine(over(house), guest.contact)
    assert (waits.state, waits.waits_for_room) == ("queued", True)
    found = await house.services.store.read(lambda tx: rows.one(tx, asked.id, contact_id=guest.contact.id))
    assert (found.tries, house.services.archives.count(guest.contact.uid)) == (0, 0)
    await building.sweep(replace(house.services, clock=partial(int, house.services.clock() + 1_000_000)))
    (made,) = await exports.mine(over(house), guest.contact)
    assert (made.state, made.waits_for_room) == ("done", False)


@ON_SQLITE
async def test_an_archive_that_meets_the_floor_half_way_waits_too(house: House) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "_has_room", _there_was_room)
        await test_an_archive_waits_for_room_however_long(house)


async def _there_was_room(*_: object) -> bool:
    return True


@ON_SQLITE
async def test_a_message_is_refused_before_the_disk_is_full(house: House) -> None:
    guest = await house.visit()
    free = disk.free(house.services.settings) // disk.MB
    with pytest.raises(Unavailable, match="full"):
        await Postbox(limited(house, disk_floor=100 * free), Metrics()).post(guest.draft("lost"))


@ON_SQLITE
async def test_an_upload_is_refused_under_the_floor(house: House) -> None:
    guest = await house.visit()
    with pytest.raises(StorageFull, match="disk"):
        await attachments.admit(over(house), guest.contact, "visitor")


async def test_an_account_learns_how_much_it_uses_of_how_much(app: Served) -> None:
    guest = await app.house.visit()
    other = await found(app.services, "Other", "other@acme.example")
    await other.publish()
    await stays(app.services, (await other.visit()).contact, 5000)
    assert (await app.rest("GET", "/account")).json()["storage"] == {"used": 0, "most": 20_480 * disk.MB}
    await stays(app.services, guest.contact, 3000)
    assert (await app.rest("PATCH", "/account", {"name": "Acme"})).json()["storage"]["used"] == 3000
    await app.sign_in()
    page = (await app.client.get("/admin/retention")).text
    assert "take 2.9\u00a0kB of 20\u00a0GB" in page
    assert "<meter" in page
    assert "It is full" not in page
    app.context.services = limited(app.house, account_quota=0)
    assert (await app.rest("GET", "/account")).json()["storage"] == {"used": 3000, "most": None}
    page = (await app.client.get("/admin/retention")).text
    assert "take 2.9\u00a0kB." in page
    assert "<meter" not in page
    await stays(app.services, guest.contact, disk.MB)
    app.context.services = limited(app.house, account_quota=1)
    assert "It is full" in (await app.client.get("/admin/retention")).text


def test_sizes_are_in_the_readers_language() -> None:
    counts = (0, 1023, 1536, 150 * 2**20, 5 * 2**40 // 2)
    made = [size(SHARED.words(code), count) for code in LOCALES for count in counts]
    en = ["0\u00a0bytes", "1023\u00a0bytes", "1.5\u00a0kB", "150\u00a0MB", "2560\u00a0GB"]
    assert made == en + [each.replace(".", ",").replace("bytes", "byte") for each in en]


@pytest.mark.parametrize(("count", "shown"), [(2**20 - 100, "1 MB"), (2**30 - 1, "1 GB"), (1023 * 2**10, "1023 kB")])
def test_a_size_that_is_nearly_the_next_unit_is_said_in_it(count: int, shown: str) -> None:
    assert size(SHARED.words("en"), count).replace("\u00a0", " ") == shown
