"""One's own last message changed or taken back: the old text is nowhere, and both sides see the new one."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from chat.core import frames
from chat.core.errors import ConsentRequired, Ended, Forbidden, NotFound, NotNow
from chat.core.model import Ticket
from chat.tickets.actions import editing, replaying, scoring
from chat.tickets.actions.editing import MessageEdit
from chat.tickets.feature import feature as tickets
from chat.tickets.schema import message
from chat.tickets.store import editing as rows
from tests import sample
from tests.inside import Guest, Served, inner_socket, new_id, problem_of
from tests.test_roles import joined

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]
ONE = "/tickets/1/messages"


async def bodies(app: Served) -> list[tuple[bytes, bool]]:
    """What each message holds, and whether it is held."""
    query = select(message.c.body, message.c.held).order_by(message.c.seq)
    return await app.services.store.read(lambda tx: [(row.body, row.held) for row in tx.execute(query)])


async def begun(app: Served, *texts: str) -> tuple[Guest, Ticket]:
    """A guest who said something, and the ticket of it."""
    guest = await app.house.visit("Ada", "ada@visitor.example")
    stored = [await guest.say(text) for text in texts or ("My card is 4111",)]
    ticket = stored[0].ticket
    assert ticket is not None
    return guest, ticket


def edited(seq: int, text: str | None) -> MessageEdit:
    """A change of a message."""
    return MessageEdit(seq, new_id(), text)


async def test_both_sides_see_the_new_text_alone_and_in_their_order(app: Served) -> None:
    guest, ticket = await begun(app)
    sent = (await app.rest("POST", ONE, {"id": new_id(), "text": "It is 12 euros"})).json()
    same = {"id": new_id(), "text": "It is 21 euros"}
    async with (
        inner_socket(app, "/ws/visitor", {}) as visitor,
        inner_socket(app, "/ws/agent", app.house.bearer) as agent,
    ):
        await visitor("hello", "welcome", token=guest.begun.token, last_seq=0)
        await agent("open", "welcome", ticket=1)
        await agent("", "welcome")
        first = await app.rest("PATCH", f"{ONE}/2", same)
        assert first.json() == {
            "type": "edited",
            "ticket": 1,
            "seq": 3,
            "target": 2,
            "text": "It is 21 euros",
            "held": False,
        }
        assert (await app.rest("PATCH", f"{ONE}/2", same)).json() == first.json(), "the same again is once"
        for side in (visitor, agent):
            assert await side("", "edited") == first.json()
        ack = await visitor("edit", "ack", id=new_id(), target=1, text="Where is my order?")
        assert (ack["type"], ack["seq"], ack["held"]) == ("ack", 4, False)
        assert (await agent("", "edited"))["text"] == "Where is my order?"
        back = await agent("edit", "ack", ticket=1, id=new_id(), target=2, text=None)
        assert (back["type"], back["seq"]) == ("ack", 5)
        assert (await visitor("", "redacted"))["target"] == 2
    assert sent["seq"] == 2
    items = (await app.rest("GET", ONE)).json()["items"]
    assert [(each["type"], each.get("text")) for each in items] == [
        ("message", "Where is my order?"),
        ("message", None),
        ("edited", None),
        ("edited", "Where is my order?"),
        ("redacted", None),
    ]
    assert items[0]["edited"] is True
    assert [body for body, _ in await bodies(app)][1:] == [b""] * 4
    summary = (await app.rest("GET", "/tickets/1")).json()
    assert (summary["last_seq"], summary["unread"]) == (5, 0)
    for path in ("transcript", "export"):
        shown = (await app.client.get(f"/widget/{app.house.key}/{path}", headers=guest.bearer)).text
        assert ("4111" in shown, "Where is my order?" in shown, "12 euros" in shown) == (False, True, False)
    assert ticket.number == 1


async def test_a_list_shows_what_was_said_last_and_not_that_it_was_changed(app: Served) -> None:
    guest, ticket = await begun(app, "One", "Tow")
    await editing.by_visitor(app.services, guest.contact, ticket, edited(2, "Two"))
    assert (await app.rest("GET", "/tickets/1")).json()["preview"]["text"] == "Two"
    assert (await app.rest("GET", "/tickets")).json()["items"][0]["unread"] == 3


async def test_only_the_last_of_ones_own_and_only_for_five_minutes(
    app: Served, subtests: pytest.Subtests, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest, ticket = await begun(app, "First", "Second")
    await app.rest("POST", ONE, {"id": new_id(), "text": "Mine"})
    other = await joined(app.house, "admin")
    stranger = await app.house.visit("Bob")
    wrong = {
        "not the last": (guest, 1, NotNow),
        "an agent's": (guest, 3, Forbidden),
        "none": (guest, 9, NotFound),
    }
    for why, (who, seq, error) in wrong.items():
        with subtests.test(why), pytest.raises(error):
            await editing.by_visitor(app.services, who.contact, ticket, edited(seq, "x"))
    answer = await app.client.patch(f"/api/v1{ONE}/3", json={"id": new_id(), "text": "x"}, headers=other.bearer)
    problem_of(answer, 403, "forbidden")
    for field in ({"id": new_id(), "text": " \u200b"}, {"id": "x", "text": "x"}):
        problem_of(await app.rest("PATCH", f"{ONE}/3", field), 422, "invalid_field")
    problem_of(await app.rest("PATCH", f"{ONE}/3", {"id": new_id(), "text": "x" * 10_001}), 413, "too_large")
    async with inner_socket(app, "/ws/visitor", {}) as visitor:
        await visitor("hello", "welcome", token=stranger.begun.token, last_seq=0)
        refused = await visitor("edit", "ack", id=new_id(), target=2, text="x")
        assert refused["code"] == "not_found", "a stranger has no such chat"
    before = await bodies(app)
    monkeypatch.setattr(rows, "EDITED_WITHIN", -1)
    with pytest.raises(NotNow, match="five minutes"):
        await editing.by_visitor(app.services, guest.contact, ticket, edited(2, "x"))
    monkeypatch.undo()
    await app.rest("PATCH", "/tickets/1", {"status": "trash"})
    with pytest.raises(Ended):
        await editing.by_visitor(app.services, guest.contact, ticket, edited(2, "x"))
    await app.rest("PATCH", "/tickets/1", {"status": "open"})
    await app.house.publish()
    with pytest.raises(ConsentRequired):
        await editing.by_visitor(app.services, guest.contact, ticket, edited(2, "x"))
    assert await bodies(app) == before, "nothing was changed by who was refused"


async def test_the_filter_sees_the_new_text(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    guest, ticket = await begun(app, "Good morning")
    out = await editing.by_visitor(app.services, guest.contact, ticket, edited(1, sample.SPAM))
    assert isinstance(out, frames.EditedOut)
    assert (out.text, out.held) == (sample.SPAM, False), "its writer hears nothing of it"
    item = (await app.rest("GET", ONE)).json()["items"]
    assert [(each["held"], each.get("text")) for each in item] == [(True, None)] * 2
    shown = (await app.rest("GET", f"{ONE}?held=true")).json()["items"]
    assert shown[0]["text"] == sample.SPAM
    released = (await app.rest("PUT", "/tickets/1/spam", {"spam": False})).json()
    assert released["held"] == 0
    assert (await app.rest("GET", ONE)).json()["items"][1]["text"] == sample.SPAM
    other, second = await begun(app, "Good morning")
    monkeypatch.setattr(scoring, "judge", lambda *_: (None, False))
    await editing.by_visitor(app.services, other.contact, second, edited(1, sample.SPAM))
    assert (await app.rest("GET", "/tickets/2")).json()["held"] == 0, "the control"


async def test_two_changes_at_once_are_both_entered_and_the_last_one_stands(app: Served) -> None:
    guest, ticket = await begun(app, "Zero")
    changes = [editing.by_visitor(app.services, guest.contact, ticket, edited(1, text)) for text in ("a", "b")]
    answers = await asyncio.gather(*changes)
    assert sorted(each.seq for each in answers) == [2, 3]
    items = (await app.rest("GET", ONE)).json()["items"]
    assert len({each["text"] for each in items}) == 1, "whoever reads an entry late reads what stands there now"
    took, changed = await asyncio.gather(
        editing.by_visitor(app.services, guest.contact, ticket, edited(1, None)),
        editing.by_visitor(app.services, guest.contact, ticket, edited(1, "c")),
        return_exceptions=True,
    )
    assert not isinstance(took, BaseException) or isinstance(took, NotNow)
    assert isinstance(changed, NotNow) or (await bodies(app))[0][0] == b"", "taken back stays taken back"


async def test_a_restore_brings_no_text_back_that_was_changed_since(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest, ticket = await begun(app)
    entered: list[Any] = []
    enter = lambda _ledger, _at, kind, what: entered.append((kind, what))  # noqa: E731 - one line
    monkeypatch.setattr(type(app.services.ledger), "enter", enter)
    await editing.by_visitor(app.services, guest.contact, ticket, edited(1, "Changed"))
    ((kind, what),) = entered
    assert kind == "edit"
    assert kind in tickets.replays
    assert not {"Changed", "4111"} & {str(value) for value in what.values()}
    await replaying.edit(app.services, what)
    assert (await app.rest("GET", ONE)).json()["items"][0]["text"] == "Changed", "what has the change already stays"
    await replaying.edit(app.services, what | {"at": what["at"] + 1})
    assert (await app.rest("GET", ONE)).json()["items"][0]["text"] is None, "an older text is emptied"
