"""A long ticket opens at its newest messages, and what was said before comes in parts, each once and as it is now."""

from itertools import chain
from typing import Any

import pytest

from chat.core import errors
from chat.tickets.actions import changing, parts, redaction, tickets
from chat.tickets.domain import Span
from chat.tickets.sockets.agent import AgentSocket
from tests.inside import Guest, Inner, Served, inner_socket, new_id

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]
SAID = 12


async def filled(app: Served, guest: Guest) -> None:
    """Twelve messages, a note after the second and the ninth, and one change after each third."""
    for seq in range(1, SAID + 1):
        await guest.say(f"message {seq}")
        if seq in {2, 9}:
            await tickets.add_note(app.services, app.house.actor, 1, new_id(), f"note after {seq}")
        if seq % 3 == 0:
            await changing.change(app.services, app.house.actor, 1, {"tags": [f"tag-{seq}"]})


def placed(frame: dict[str, Any]) -> tuple[list[int], list[int], list[int]]:
    """What a frame tells: messages by number, notes and entries by the message that they stand after."""
    stand = [[each["after_seq"] for each in frame[kind]] for kind in ("notes", "entries")]
    return [each["seq"] for each in frame["messages"]], stand[0], stand[1]


async def opened(socket: Inner, **more: Any) -> dict[str, Any]:
    """Open the ticket."""
    await socket("", "welcome")
    frame: dict[str, Any] = await socket("open", "welcome", ticket=1, **more)
    return frame


async def test_a_ticket_opens_at_its_latest_and_is_read_back_to_its_beginning(app: Served) -> None:
    await filled(app, await app.house.visit("Zoe"))
    async with inner_socket(app, "/ws/agent", app.house.bearer) as agent:
        frame = await opened(agent, latest=5)
        assert (frame["first_seq"], frame["last_seq"]) == (8, SAID)
        parted = [placed(frame)]
        while (first := frame["first_seq"]) > 1:
            frame = await agent("earlier", "earlier", ticket=1, before=first, count=5)
            assert frame["before"] == first
            parted.insert(0, placed(frame))
        whole = placed(await agent("open", "welcome", ticket=1))
    assert [[*chain(*kind)] for kind in zip(*parted, strict=True)] == list(whole)
    assert whole == ([*range(1, SAID + 1)], [2, 9], [3, 6, 9, 12])
    assert [len(seqs) for seqs, *_ in parted] == [2, 5, 5]


async def test_who_does_not_ask_for_the_latest_hears_all(app: Served) -> None:
    await filled(app, await app.house.visit())
    async with inner_socket(app, "/ws/agent", app.house.bearer) as agent:
        frame = await opened(agent, last_seq=10)
    assert "first_seq" not in frame
    assert placed(frame) == ([11, 12], [2, 9], [3, 6, 9, 12])


async def test_who_missed_more_than_the_latest_hears_where_it_begins(app: Served) -> None:
    await filled(app, await app.house.visit())
    async with inner_socket(app, "/ws/agent", app.house.bearer) as agent:
        assert (await opened(agent, last_seq=4, latest=3))["first_seq"] == 10
        again = await agent("open", "welcome", ticket=1, last_seq=11, latest=3)
        assert (again["first_seq"], [each["seq"] for each in again["messages"]]) == (12, [12])


async def test_what_is_earlier_comes_as_it_is_now(app: Served) -> None:
    await filled(app, await app.house.visit())
    await redaction.message(app.services, app.house.actor, 1, 2)
    async with inner_socket(app, "/ws/agent", app.house.bearer) as agent:
        await opened(agent, latest=3)
        came = await agent("earlier", "earlier", ticket=1, before=4)
    assert [each["text"] for each in came["messages"]] == ["message 1", None, "message 3"]
    assert "message 2" not in repr(agent.heard)


async def test_nothing_comes_of_a_ticket_that_went_while_it_was_read(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(app, await app.house.visit())
    real = parts.read

    async def slowly(*given: Any) -> parts.TicketPart:
        found = await real(*given)
        socket = next(each for each in app.context.agents if isinstance(each, AgentSocket))
        socket.gone(1)
        return found

    async with inner_socket(app, "/ws/agent", app.house.bearer) as agent:
        await opened(agent, latest=3)
        monkeypatch.setattr(parts, "read", slowly)
        await agent("earlier", "", ticket=1, before=4)
        refused = await agent("earlier", "error", ticket=1, before=4)  # answered in turn: nothing came before it
    assert refused["code"] == errors.NotFound.code
    assert "earlier" not in {each["type"] for each in agent.heard}


@pytest.mark.parametrize(
    "asked", [{"before": 0}, {"before": "4"}, {"before": 4, "count": 0}, {"before": 4, "count": 501}, {"count": 5}]
)
async def test_what_is_asked_wrongly_is_refused(app: Served, asked: dict[str, Any]) -> None:
    await filled(app, await app.house.visit())
    async with inner_socket(app, "/ws/agent", app.house.bearer) as agent:
        await opened(agent, latest=1)
        assert (await agent("earlier", "error", ticket=1, **asked))["code"] == errors.InvalidFrame.code


async def test_before_the_first_message_is_nothing_and_beyond_the_last_no_more(app: Served) -> None:
    await filled(app, await app.house.visit())
    async with inner_socket(app, "/ws/agent", app.house.bearer) as agent:
        await opened(agent, latest=1)
        first = await agent("earlier", "earlier", ticket=1, before=1)
        assert (first["first_seq"], *placed(first)) == (1, [], [], [])
        far = await agent("earlier", "earlier", ticket=1, before=1000, count=500)
        assert (far["first_seq"], placed(far)[0]) == (500, [])


async def test_a_release_is_said_again_from_the_first_message_that_came(app: Served) -> None:
    await filled(app, await app.house.visit())
    async with inner_socket(app, "/ws/agent", app.house.bearer) as agent:
        await opened(agent, latest=5)
        await agent("earlier", "earlier", ticket=1, before=8, count=2)
        (socket,) = (each for each in app.context.agents if isinstance(each, AgentSocket))
        assert socket.watched[1].first == 6
        await socket._say_again(None, socket.watched[1])
        await agent("ping", "pong")
    assert [each["seq"] for each in agent.heard if each["type"] == "message"] == [*range(6, SAID + 1)]


async def test_the_parts_of_a_ticket_are_all_of_it_wherever_it_is_cut(app: Served) -> None:
    await filled(app, await app.house.visit())
    found = await tickets.one(app.services, app.house.actor, 1)
    whole = await parts.read(app.services, found)
    for cut in range(1, SAID + 2):
        low, high = (
            await parts.read(app.services, found, Span(1, cut)),
            await parts.read(app.services, found, Span(cut)),
        )
        both = low.messages + high.messages, low.notes + high.notes, low.entries + high.entries
        assert both == whole, cut
