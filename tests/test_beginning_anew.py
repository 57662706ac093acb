"""A visitor who leaves an ended chat: what comes late of it leads nowhere, and what is sent again opens nothing."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chat.core.events import MessageStored
from chat.tickets.actions import activity, transcripts
from chat.tickets.sockets.view import View
from chat.tickets.store import posting
from tests.inside import Guest, Inner, Served, counted, inner_socket, new_id

pytestmark = pytest.mark.anyio


async def ended(app: Served) -> tuple[Guest, str, Any]:
    """A visitor, the id of their only message, and the ticket, which they ended."""
    guest = await app.house.visit("Zoe")
    said = await guest.say("hello", name := new_id())
    assert said.ticket
    await activity.end(app.services, said.ticket, "Zoe")
    return guest, name, said.ticket


async def anew(socket: Inner, guest: Guest) -> None:
    """Leave the ended chat."""
    await socket("", "websocket.accept")
    welcome = await socket("hello", "welcome", token=guest.begun.token, fresh=True)
    assert welcome["ticket"] is None


def welcomes(socket: Inner) -> list[Any]:
    """Where the socket was told that it is, one after another."""
    return [each["ticket"] for each in socket.heard if each["type"] == "welcome"]


async def test_what_is_sent_again_opens_no_ticket_and_what_follows_does(app: Served) -> None:
    guest, name, first = await ended(app)
    async with inner_socket(app, "/ws/visitor", {}) as visitor:
        await anew(visitor, guest)
        for _ in range(2):
            again = await visitor("message", "ack", id=name, text="hello")
            assert (again["ticket"], again["seq"]) == (first.number, 1)
        assert (await counted(app.services))["ticket"] == 1
        ack = await visitor("message", "ack", id=new_id(), text="something else")
        assert (ack["type"], ack["seq"]) == ("ack", 1)
        assert ack["ticket"] != first.number
    assert (await counted(app.services))["ticket"] == 2


async def test_what_comes_late_of_the_chat_that_was_left_leads_not_back(app: Served) -> None:
    guest, _, first = await ended(app)
    late = MessageStored(first.ref, 1)
    async with inner_socket(app, "/ws/visitor", {}) as visitor:
        await anew(visitor, guest)
        app.services.bus.publish(late)
        await visitor("ping", "pong")
        ack = await visitor("message", "ack", id=new_id(), text="something else")
        assert ack["ticket"] != first.number
        app.services.bus.publish(late)
        await visitor("ping", "pong")
        await visitor("message", "ack", id=new_id(), text="and more")
    assert welcomes(visitor) == [None]


async def test_an_answer_in_the_chat_that_was_left_leads_back_once(app: Served) -> None:
    guest, _, first = await ended(app)
    async with (
        inner_socket(app, "/ws/visitor", {}) as visitor,
        inner_socket(app, "/ws/agent", app.house.bearer) as agent,
    ):
        await agent("", "welcome")
        await anew(visitor, guest)
        for text in ("one", "two", "three"):
            await agent("message", "", ticket=first.number, id=new_id(), text=text)
        for _ in range(3):
            assert (await agent("", "ack"))["type"] == "ack"
        assert (await visitor("", "welcome"))["ticket"] == first.number
        await visitor("message", "ack", id=new_id(), text="thank you")
    texts = [each["text"] for frame in visitor.heard for each in frame.get("messages", [frame]) if "text" in each]
    assert welcomes(visitor) == [None, first.number]
    assert texts == ["hello", "one", "two", "three"]


async def test_what_is_said_while_the_state_is_read_is_sent_too(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    guest = await app.house.visit("Zoe")
    await guest.say("hello")
    read: Callable[..., Awaitable[Any]] = transcripts.messages

    async def slow(*args: Any, **named: Any) -> Any:
        found = await read(*args, **named)
        if not found or found[-1].seq == 1:
            await guest.say("from another window")
        return found

    monkeypatch.setattr(transcripts, "messages", slow)
    async with inner_socket(app, "/ws/visitor", {}) as visitor:
        await visitor("", "websocket.accept")
        await visitor("hello", "message", token=guest.begun.token)
    assert [each["type"] for each in visitor.heard[-2:]] == ["welcome", "message"]


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_the_control_what_is_not_looked_for_first_opens_an_empty_ticket(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest, name, _ = await ended(app)
    known, looks = posting._known, iter([True])
    monkeypatch.setattr(posting, "_known", lambda tx, drafts: {} if next(looks, False) else known(tx, drafts))
    async with inner_socket(app, "/ws/visitor", {}) as visitor:
        await anew(visitor, guest)
        await visitor("message", "ack", id=name, text="hello")
    assert (await counted(app.services))["ticket"] == 2


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_the_control_who_follows_whatever_is_elsewhere_is_led_back(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest, _, first = await ended(app)
    late = MessageStored(first.ref, 1)
    monkeypatch.setattr(
        View, "_moves", lambda view, event: view.here.ticket is None or event.ticket.id != view.here.ticket.id
    )
    async with inner_socket(app, "/ws/visitor", {}) as visitor:
        await anew(visitor, guest)
        app.services.bus.publish(late)
        await visitor("", "welcome")
    assert len(welcomes(visitor)) == 2
