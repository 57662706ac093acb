"""Claims about room: nobody fills the disk, and what can wait is refused before what cannot."""

from dataclasses import replace
from typing import Any

import pytest

from chat.actions.export import building, exports
from chat.actions.talk import attachments, quotas
from chat.actions.talk.posting import Postbox
from chat.errors import StorageFull, Unavailable
from chat.metrics import Metrics
from chat.settings import Settings
from tests.desks import House, served
from tests.test_attachments import stored, upload

ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


def limited(house: House, **limits: Any) -> Any:
    """The desk with such settings."""
    return replace(house.desk, settings=replace(house.desk.settings, **limits))


async def test_a_contact_has_a_quota_and_so_has_an_account_and_the_server(house: House) -> None:
    guest, other = await house.visit(), await house.visit()
    half = b"x" * (quotas.MB // 2)

    async def sent(who: Any, **limits: Any) -> None:
        desk = limited(house, **limits)
        await attachments.admit(desk, who.contact, "visitor")
        await attachments.keep(desk, who.contact, "visitor", "n", half)

    await sent(guest, contact_quota=1)
    await sent(guest, contact_quota=1)
    before = len(stored(house.desk))
    with pytest.raises(StorageFull):
        await attachments.keep(limited(house, contact_quota=1), guest.contact, "visitor", "n", half)
    assert len(stored(house.desk)) == before  # what was refused left nothing
    await sent(other, contact_quota=1)  # another person's is another
    for limit in ("account_quota", "server_quota"):
        with pytest.raises(StorageFull):
            await sent(other, **{limit: 1})
        await sent(other, **{limit: 100})
    await sent(guest, contact_quota=0, account_quota=0)  # the control: 0 is none


@ON_SQLITE
@pytest.mark.anyio
async def test_under_the_floor_files_go_first_and_messages_last(settings: Settings) -> None:
    free = quotas.free(settings) // quotas.MB
    async with served(replace(settings, disk_floor=2 * free)) as app:
        guest = await app.house.visit()
        answer = await upload(app, guest, b"words")
        assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")
        with pytest.raises(StorageFull):
            await exports.ask(app.desk, guest.contact, "visitor", "visitor")
        assert (await guest.say("hello")).seq == 1
        full = Postbox(replace(app.desk, settings=replace(app.desk.settings, disk_floor=100 * free)), Metrics())
        with pytest.raises(Unavailable, match="full"):
            await full.post(guest.draft("lost"))
        assert not stored(app.desk)


async def test_a_ready_export_is_the_answer_for_a_day(house: House) -> None:
    guest = await house.visit()
    first = await exports.ask(house.desk, guest.contact, "visitor", "visitor")
    await building.sweep(house.desk)
    again = await exports.ask(house.desk, guest.contact, "visitor", "visitor")
    assert (again["id"], again["state"]) == (first["id"], "done")
    day = 86_400_000 + 1000
    later = replace(house.desk, clock=lambda: house.desk.clock() + day)
    assert (await exports.ask(later, guest.contact, "visitor", "visitor"))["id"] != first["id"]  # the control
