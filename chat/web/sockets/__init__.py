"""The sockets of visitors and agents."""

from __future__ import annotations

from typing import Any

from starlette.routing import WebSocketRoute

from chat.web.sockets.agent import agent_socket
from chat.web.sockets.visitor import visitor_socket


def routes() -> list[WebSocketRoute]:
    """Return the routes of both."""
    return [_socket("/ws/visitor", visitor_socket), _socket("/ws/agent", agent_socket)]


def _socket(path: str, app: Any) -> WebSocketRoute:
    """Route a path to a plain ASGI application, which a function would not be taken for."""
    route = WebSocketRoute(path, app)
    route.app = app
    return route
