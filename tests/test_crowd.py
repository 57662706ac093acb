"""How many sockets a network may have open at once."""

from collections.abc import Iterator, MutableMapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from chat.core.networks import network, parsed
from chat.core.settings import Settings
from chat.tickets.sockets.visitor import visitor_socket
from chat.web import crowd
from chat.web.crowd import NEAR, WIDE, Crowd
from chat.web.sockets import socket_route
from tests.inside import served

pytestmark = pytest.mark.anyio


def entered(addresses: list[str], proxies: tuple[str, ...] = ()) -> list[bool]:
    """Which of these sockets, all open at once, there is room for; afterwards none is counted."""
    counted = Crowd()
    with ExitStack() as opened:
        trusted = tuple(map(network, proxies))
        found = [opened.enter_context(counted.entered(parsed(each), trusted)) for each in addresses]
    assert len(counted) == 0
    return found


def test_a_network_has_room_for_so_many_and_its_neighbours_have_theirs() -> None:
    assert entered(["198.51.100.1"] * (NEAR + 2)) == [True] * NEAR + [False] * 2
    assert entered(["198.51.100.1"] * NEAR + ["198.51.100.2"]) == [True] * (NEAR + 1)
    assert entered([f"2001:db8:1:2::{n:x}" for n in range(NEAR + 1)]) == [True] * NEAR + [False]
    lines = [f"2001:db8:1:{n:x}::1" for n in range(WIDE + 1)]
    assert entered(lines) == [True] * WIDE + [False]


def test_where_all_would_be_one_nobody_is_counted() -> None:
    for address, proxies in (("127.0.0.1", ()), ("::1", ()), ("10.0.0.7", ("10.0.0.0/8",)), ("", ())):
        assert entered([address] * (NEAR + 1), proxies) == [True] * (NEAR + 1)


@dataclass
class Sent:
    """What an ASGI server is told by a socket."""

    said: list[MutableMapping[str, Any]]

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        self.said.append(message)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("most", "code"), [(0, 4429), (1, None)])
async def test_one_too_many_is_closed_and_may_come_later(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, most: int, code: int | None
) -> None:
    monkeypatch.setattr(crowd, "NEAR", most)
    events: Iterator[MutableMapping[str, Any]] = iter(
        [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000}]
    )

    async def receive() -> MutableMapping[str, Any]:
        return next(events)

    async with served(settings) as app:
        scope: MutableMapping[str, Any] = {
            "type": "websocket",
            "path": "/ws/visitor",
            "query_string": b"",
            "headers": [],
            "client": ("198.51.100.1", 4711),
            "state": {"context": app.context},
            "subprotocols": ["lethe.v1"],
        }
        sent = Sent([])
        await socket_route("/ws/visitor", visitor_socket).app(scope, receive, sent)
        assert len(app.context.crowd) == 0
    assert [each.get("code") for each in sent.said if each["type"] == "websocket.close"] == ([code] if code else [])
