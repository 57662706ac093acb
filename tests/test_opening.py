"""An agent opens a ticket: what happens in it while it is read is told too, once; if that fails nothing listens."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chat.core.errors import Unavailable
from chat.tickets.actions import tickets, transcripts
from chat.tickets.sockets import agent as sockets
from chat.tickets.sockets import view
from tests.inside import Inner, Served, inner_socket, new_id

pytestmark = pytest.mark.anyio
READS = {"messages": transcripts, "notes": transcripts, "epoch": tickets}
"""What is read once the ticket is listened to, one after another."""


def meanwhile(
    patch: pytest.MonkeyPatch, name: str, happens: Callable[[], Awaitable[Any]], *, before: bool = False
) -> None:
    """Something happens once, just after one of these is read, or just before."""
    read, rest = getattr(READS[name], name), iter([happens])

    async def reading(*args: Any, **named: Any) -> Any:
        first = next(rest, None) if before else None
        if first is not None:
            await first()
        found = await read(*args, **named)
        then = next(rest, None)
        if then is not None:
            await then()
        return found

    patch.setattr(READS[name], name, reading)


async def opened(agent: Inner, number: int) -> list[str]:
    """What the agent was told once the ticket was open: messages and notes, whether in the welcome or behind it."""
    await agent("open", "welcome", ticket=number, last_seq=0)
    await agent("ping", "pong")
    received = [each for frame in agent.heard for each in (*frame.get("messages", ()), *frame.get("notes", ()), frame)]
    return [each["text"] for each in received if "text" in each]


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("before", [True, False])
async def test_what_is_said_while_a_ticket_is_opened_is_sent_once(
    app: Served, monkeypatch: pytest.MonkeyPatch, name: str, *, before: bool
) -> None:
    guest = await app.house.visit("Zoe")
    said = await guest.say("Hello?")
    async with inner_socket(app, "/ws/agent", app.house.bearer) as agent:
        await agent("", "welcome")
        meanwhile(monkeypatch, name, lambda: guest.say("Anybody?"), before=before)
        assert await opened(agent, said.number) == ["Hello?", "Anybody?"]


@pytest.mark.parametrize("name", READS)
async def test_what_a_colleague_notes_meanwhile_is_sent_too(
    app: Served, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    said = await (await app.house.visit("Zoe")).say("Hello?")

    async def note() -> None:
        await tickets.add_note(app.services, app.house.actor, said.number, new_id(), "A regular", None)

    async with inner_socket(app, "/ws/agent", app.house.bearer) as agent:
        await agent("", "welcome")
        meanwhile(monkeypatch, name, note)
        assert await opened(agent, said.number) == ["Hello?", "A regular"]


class Deaf(list[Any]):
    """Keeps nothing of what happens while a ticket is read."""

    def append(self, _: object) -> None:
        """Forget it."""


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_the_control_who_listens_and_keeps_nothing_misses_it(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = await app.house.visit("Zoe")
    said = await guest.say("Hello?")
    monkeypatch.setattr(sockets, "Opening", lambda number: Opening(number, early=Deaf()))
    async with inner_socket(app, "/ws/agent", app.house.bearer) as agent:
        await agent("", "welcome")
        meanwhile(monkeypatch, "messages", lambda: guest.say("Anybody?"))
        assert await opened(agent, said.number) == ["Hello?"]


Opening = view.Opening


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", READS)
async def test_what_could_not_be_opened_is_not_listened_to(
    app: Served, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    said = await (await app.house.visit("Zoe")).say("Hello?")

    async def away() -> None:
        raise Unavailable("The database is away")

    async with inner_socket(app, "/ws/agent", app.house.bearer) as agent:
        await agent("", "welcome")
        meanwhile(monkeypatch, name, away)
        assert (await agent("open", "welcome", ticket=said.number, last_seq=0))["code"] == "unavailable"
        assert f"ticket:{said.ticket_id}" not in app.services.bus._listeners
        assert await opened(agent, said.number) == ["Hello?"]
        assert f"ticket:{said.ticket_id}" in app.services.bus._listeners
