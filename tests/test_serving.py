"""How the server takes its port and keeps its memory, so that nobody waits for what is no work."""

import asyncio
import gc
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from chat.app import create_app
from chat.core.settings import from_env
from chat.infra.store import folder, migrations
from chat.serving import listen


async def sends_at_once(listening: socket.socket) -> bool:
    """Whether a connection that comes by this socket sends a second small piece before the first has arrived."""
    noted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def heard(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        noted.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    async with await asyncio.start_server(heard, sock=listening):
        _, writer = await asyncio.open_connection(*listening.getsockname()[:2])
        at_once = await asyncio.wait_for(noted, 30)
        writer.close()
        await writer.wait_closed()
    return bool(at_once)


def by_default(host: str, port: int) -> socket.socket:
    """Take the port as Python does by default, which says nothing of the protocol."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.bind((host, port))
    made.listen()
    return made


@pytest.mark.anyio
@pytest.mark.parametrize(("take", "at_once"), [(listen, True), (by_default, False)])
async def test_the_body_of_an_answer_does_not_wait_for_its_head(
    take: Callable[[str, int], socket.socket], *, at_once: bool
) -> None:
    assert await sends_at_once(take("127.0.0.1", 0)) is at_once


@pytest.mark.parametrize("alone", [True, False])
def test_the_collector_passes_over_what_the_process_began_with(tmp_path: Path, *, alone: bool) -> None:
    settings = from_env({"LETHE_DATA": str(tmp_path)})
    folder.prepare_data(settings)
    migrations.migrate(settings)
    before, switch = gc.get_freeze_count(), sys.getswitchinterval()
    try:
        with TestClient(create_app(settings, alone=alone)):
            assert (gc.get_freeze_count() > before) is alone
            assert (sys.getswitchinterval() < switch) is alone
    finally:
        sys.setswitchinterval(switch)
