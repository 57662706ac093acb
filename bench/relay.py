"""The yardsticks, servers that keep nothing: each frame goes to the peer and back as the ack.

``python -m bench.relay websockets PORT`` is the bare ``websockets`` library, ``starlette`` is
Starlette's WebSocket class on uvicorn. Who connects to the same path is in the same room. Neither
compresses.
"""

import asyncio
import logging
import sys
from collections import defaultdict

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.server import ServerConnection, serve

WELCOME = '{"type":"welcome"}'
"""What who enters a room is told, once frames to that room will arrive."""

_rooms: defaultdict[str, list[ServerConnection]] = defaultdict(list)
_circles: defaultdict[str, list[WebSocket]] = defaultdict(list)


async def pass_on(socket: ServerConnection) -> None:
    """Relay on the bare library."""
    assert socket.request is not None
    room = _rooms[socket.request.path]
    room.append(socket)
    await socket.send(WELCOME)
    try:
        async for text in socket:
            for member in room:
                await member.send(text)
    finally:
        room.remove(socket)


async def circulate(socket: WebSocket) -> None:
    """Relay on Starlette."""
    await socket.accept()
    circle = _circles[socket.url.path]
    circle.append(socket)
    await socket.send_text(WELCOME)
    try:
        while True:
            text = await socket.receive_text()
            for member in circle:
                await member.send_text(text)
    except WebSocketDisconnect:
        circle.remove(socket)


async def bare(port: int) -> None:
    """Serve ``pass_on`` until ended."""
    async with serve(pass_on, "127.0.0.1", port, compression=None) as server:
        await server.serve_forever()


def starlette(port: int) -> None:
    """Serve ``circulate`` until ended, with the settings that Lethe serves with."""
    uvicorn.run(
        Starlette(routes=[WebSocketRoute("/{room}", circulate)]),
        host="127.0.0.1",
        port=port,
        loop="asyncio",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_level="warning",
        access_log=False,
    )


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    kind, number = sys.argv[1:]
    if kind == "starlette":
        starlette(int(number))
    else:
        asyncio.run(bare(int(number)))
