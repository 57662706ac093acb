"""Sockets: how a network is kept from opening too many, and what one connection is."""

from __future__ import annotations

from typing import Any

from starlette.requests import HTTPConnection
from starlette.routing import WebSocketRoute

from chat.core import frames
from chat.web.authentication import address_of
from chat.web.sockets.connection import Receive, Scope, Send


def socket_route(path: str, app: Any) -> WebSocketRoute:
    """Route a path to a plain ASGI application, which a function would not be taken for."""
    route = WebSocketRoute(path, app)
    route.app = _limited(app)
    return route


def _limited(app: Any) -> Any:
    """Let a network have so many sockets open, and no more. None takes parameters, least of all a token."""

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        context, address = scope["state"]["context"], address_of(HTTPConnection(scope))
        with context.crowd.entered(address, context.services.settings.trusted_proxies) as room:
            if not room:
                await _turn_away(receive, send, frames.CLOSE_RATE, "too many sockets")
            elif scope["query_string"]:
                await _turn_away(receive, send, frames.CLOSE_BAD_FRAMES, "this address takes no parameters")
            else:
                await app(scope, receive, send)

    return limited


async def _turn_away(receive: Receive, send: Send, code: int, reason: str) -> None:
    """Say why in a closing frame, which a browser shows its page, as it does not show the status of a refusal."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": code, "reason": reason})
