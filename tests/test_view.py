"""What a visitor is told of who is there follows what they were told before, whatever happened between two looks."""

import json
from collections.abc import MutableMapping
from typing import Any

from chat.core.frames import VisitorFrame, visitor_frame
from chat.tickets.actions.arrival import arrive
from chat.tickets.sockets.view import View
from chat.web.sockets.connection import Connection
from tests.inside import Guest, House


class Ear(Connection[VisitorFrame]):
    """A socket whose frames are kept."""

    def __init__(self) -> None:
        super().__init__({"type": "websocket"}, self._silence, self._nowhere, visitor_frame)
        self.received: list[dict[str, Any]] = []

    def say(self, line: str) -> None:
        """Keep it."""
        self.received.append(json.loads(line))

    async def _silence(self) -> MutableMapping[str, Any]:
        raise NotImplementedError

    async def _nowhere(self, _: MutableMapping[str, Any]) -> None:
        raise NotImplementedError


async def viewed(house: House, guest: Guest) -> tuple[Ear, View]:
    """A visitor who has arrived and was not welcomed yet."""
    visitor = house.services.tokens.read_visitor(guest.begun.token, house.services.clock())
    ear = Ear()
    return ear, View(house.services, ear, await arrive(house.services, visitor))


async def test_who_comes_between_arriving_and_the_welcome_has_to_leave(house: House) -> None:
    ear, view = await viewed(house, await house.visit())
    house.services.bus.present(house.made.account_id, "ann", "online", "her socket")
    await view.welcome(0)
    house.services.bus.present(house.made.account_id, "ann", "offline", "her socket")
    view.presence()
    view.presence()
    assert [(each["type"], each["online"]) for each in ear.received] == [("welcome", True), ("presence", False)]


async def test_who_has_not_agreed_does_not_learn_who_is_there(house: House) -> None:
    ear, view = await viewed(house, await house.visit())
    house.services.bus.present(house.made.account_id, "ann", "online", "her socket")
    view.presence()
    assert ear.received == []
