"""Claims about taking away: a redacted message is nowhere any more; a ticket goes to the trash, back, or for good."""

from typing import Any

import pytest
from sqlalchemy import select

from chat.core.errors import Ended
from chat.tickets.actions import redaction
from chat.tickets.schema import message
from chat.tickets.store import redaction as rows
from tests.inside import Served, counted, found, problem_of

pytestmark = pytest.mark.both_databases


async def bodies(app: Served) -> list[bytes]:
    """What the messages hold, in order."""
    return await app.services.store.read(
        lambda tx: list(tx.execute(select(message.c.body).order_by(message.c.seq)).scalars())
    )


async def test_a_redacted_message_is_in_no_later_copy(app: Served) -> None:
    guest = await app.house.visit()
    await guest.say("keep this")
    await guest.say("my card is 4111")
    before = await bodies(app)
    path = f"/widget/{app.house.key}/transcript"
    assert "4111" in (await app.client.get(path, headers=guest.bearer)).text  # the control
    answer = await app.rest("DELETE", "/tickets/1/messages/2")
    assert answer.json() == {"type": "redacted", "ticket": 1, "seq": 3, "target": 2}
    assert "4111" not in (await app.client.get(path, headers=guest.bearer)).text
    listed = (await app.rest("GET", "/tickets/1/messages")).json()["items"]
    assert [each.get("text", "-") for each in listed] == ["keep this", None, "-"]
    after = await bodies(app)
    assert (after[0], after[1], after[2]) == (before[0], b"", b"")
    assert (await app.rest("GET", "/tickets/1")).json()["preview"] is None


async def test_a_redaction_is_entered_once_and_takes_the_next_number(app: Served) -> None:
    guest = await app.house.visit()
    await guest.say("one")
    first = (await app.rest("DELETE", "/tickets/1/messages/1")).json()
    assert (await app.rest("DELETE", "/tickets/1/messages/1")).json() == first
    assert (await guest.say("two")).seq == 3
    for seq in (2, 9, 0):
        problem_of(await app.rest("DELETE", f"/tickets/1/messages/{seq}"), 404, "not_found")
    foreign = await found(app.services, "Other", "owner@other.example")
    problem_of(await app.rest("DELETE", "/tickets/1/messages/3", house=foreign), 404, "not_found")
    assert [each["text"] for each in await said(app)] == [None, "two"]


async def said(app: Served) -> list[dict[str, Any]]:
    """The messages of the first ticket."""
    items = (await app.rest("GET", "/tickets/1/messages")).json()["items"]
    return [each for each in items if each["type"] == "message"]


async def test_redacting_leaves_unread_what_was_unread_and_nothing_more(app: Served) -> None:
    guest = await app.house.visit()
    await guest.say("one")
    await app.rest("DELETE", "/tickets/1/messages/1")
    assert (await app.rest("GET", "/tickets/1")).json()["unread"] == 2
    await app.rest("POST", "/tickets/1/messages", {"id": "5f0c9f0e-8a39-4f0c-9d7e-1f8a6f4f2b11", "text": "read"})
    await app.rest("DELETE", "/tickets/1/messages/3")
    assert (await app.rest("GET", "/tickets/1")).json()["unread"] == 0


async def test_redacting_in_quarantine_brings_nothing_into_view(app: Served) -> None:
    guest = await app.house.visit()
    await guest.say("one")
    await app.rest("PUT", "/tickets/1/spam", {"spam": True})
    await app.rest("DELETE", "/tickets/1/messages/1")
    assert (await app.rest("GET", "/tickets?held=false")).json()["items"] == []
    released = await app.rest("PUT", "/tickets/1/spam", {"spam": False})
    assert released.json()["held"] == 0


async def test_a_ticket_goes_to_the_trash_and_comes_back(app: Served) -> None:
    guest = await app.house.visit()
    await guest.say("one")
    assert (await app.rest("DELETE", "/tickets/1")).json()["status"] == "trash"
    assert (await app.rest("GET", "/tickets")).json()["items"] == []
    assert len((await app.rest("GET", "/tickets?status=trash")).json()["items"]) == 1
    with pytest.raises(Ended):
        await app.house.box.post(guest.draft("two", ticket=1))
    assert (await app.rest("PATCH", "/tickets/1", {"status": "open"})).json()["status"] == "open"
    assert (await guest.say("two")).seq == 2


async def test_a_ticket_deleted_for_good_is_gone_with_all_that_hung_off_it(app: Served) -> None:
    guest = await app.house.visit()
    await guest.say("one")
    await app.rest("POST", "/tickets/1/notes", {"id": "5f0c9f0e-8a39-4f0c-9d7e-1f8a6f4f2b11", "text": "a note"})
    foreign = await found(app.services, "Other", "owner@other.example")
    problem_of(await app.rest("DELETE", "/tickets/1?permanent=true", house=foreign), 404, "not_found")
    problem_of(await app.rest("DELETE", "/tickets/1?permanent=yes"), 422, "invalid_field")
    assert (await app.rest("DELETE", "/tickets/1?permanent=true")).status_code == 204
    problem_of(await app.rest("DELETE", "/tickets/1?permanent=true"), 404, "not_found")
    left = await counted(app.services)
    assert (left["ticket"], left["message"], left["note"], left["contact"]) == (0, 0, 0, 1)
    assert (await guest.say("again")).number == 2


async def test_a_deletion_cut_short_is_unseen_and_ends_with_the_sweep(app: Served) -> None:
    guest = await app.house.visit()
    done = await guest.say("one")
    await app.services.store.write(lambda tx: rows.mark_for_deletion(tx, [done.ticket_id or 0], app.services.clock()))
    problem_of(await app.rest("GET", "/tickets/1"), 404, "not_found")
    assert (await app.rest("GET", "/tickets?status=trash")).json()["items"] == []
    assert (await counted(app.services))["message"] == 1  # the control: it is still there to be swept
    assert await redaction.sweep(app.services) == 1
    assert (await counted(app.services))["message"] == 0
