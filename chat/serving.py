"""Running the ASGI server: one process with everything, or several workers on PostgreSQL and Redis."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import socket
import threading
from typing import Any

import uvicorn

from chat.app import create_app
from chat.core import frames
from chat.core.errors import Misconfigured
from chat.core.settings import Settings, from_env
from chat.infra import logs
from chat.infra.store import folder, migrations
from chat.web.http import Http
from chat.web.sockets.wire import Wire

GRACE, PORT_MOST = 10, 65_535
DEAF_SECONDS = 20
"""So long an end may take nothing of what is sent to it, before the system drops the line with all that waits in it."""


def serve(settings: Settings, host: str, port: int, workers: int) -> int:
    """Serve until a signal. Raises Misconfigured before the port is taken where something is wrong."""
    folder.prepare_data(settings)
    migrations.require_current(settings.database_url)
    if workers < 1:
        raise Misconfigured("--workers takes a number from 1 up")
    if workers > 1 and (settings.database_url.startswith("sqlite") or not settings.redis_url):
        raise Misconfigured("Several workers need PostgreSQL and Redis; set LETHE_DATABASE_URL and LETHE_REDIS_URL")
    # Without Redis two servers on one folder would not hear each other, and agents and visitors would miss messages.
    if not settings.redis_url:
        folder.claim(settings)
    listening = listen(host, port)
    print(f"Lethe listens on http://{host}:{listening.getsockname()[1]}", flush=True)
    if workers == 1:
        uvicorn.Server(config(create_app(settings, alone=True))).run(sockets=[listening])
        return 0
    return _several(workers, listening)


def _several(workers: int, listening: socket.socket) -> int:
    """
    Serve from several processes until a signal, and return the status to exit with. One that dies is started again.
    """
    from uvicorn.supervisors import Multiprocess  # noqa: PLC0415 - only where there are several

    class Supervisor(Multiprocess):
        ended_by = signal.SIGINT

        def handle_term(self) -> None:
            self.ended_by = signal.SIGTERM
            super().handle_term()

    made = Supervisor(config("chat.serving:app_from_env", factory=True, workers=workers), [listening])
    made.run()
    return 128 + signal.SIGTERM if made.ended_by == signal.SIGTERM else 0


def config(app: Any, **options: Any) -> uvicorn.Config:
    """Return uvicorn's configuration: no compression, frames of at most 64 KiB, pings, no log of requests."""
    return uvicorn.Config(
        app,
        http=Http,
        ws=Wire,
        ws_max_size=frames.FRAME_BYTES,
        # It doubled what a message costs and took 40 kB a connection. And a small frame could unpack to a large one
        # (CVE-2018-1000518).
        ws_per_message_deflate=False,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        # Otherwise one handler that never reads holds up the end for ever.
        timeout_graceful_shutdown=GRACE,
        # It would write from which address who asked for what.
        access_log=False,
        server_header=False,
        # Whose word on the client's address counts is for `chat/core/networks.py` and LETHE_TRUSTED_PROXIES to say.
        proxy_headers=False,
        log_config=None,
        lifespan="on",
        **options,
    )


def listen(host: str, port: int) -> socket.socket:
    """Take the port. Raises Misconfigured where it is taken or not ours to take."""
    if not 0 <= port <= PORT_MOST:
        raise Misconfigured(f"--port takes a number from 0 to {PORT_MOST}, where 0 is any that is free")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # By the protocol's name asyncio knows what is accepted as TCP, and sends at once (TCP_NODELAY): without it the body
    # of an answer waits until the other side says that its head has come, which is 40 ms on Linux.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; what is accepted inherits it
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAF_SECONDS * 1000)
    try:
        made.bind((host, port))
        made.listen(2048)
    except OSError as error:
        made.close()
        why = "is taken by another program" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        raise Misconfigured(f"Port {port} on {host} {why}; choose another with --port") from error
    except (TypeError, ValueError) as error:
        made.close()
        raise Misconfigured("--host is neither an address nor a name of this machine") from error
    # Python closes sockets in the processes that it starts, and the workers need this one.
    made.set_inheritable(True)
    return made


def app_from_env() -> object:
    """Return the application for one of several processes, which reads the settings and sets up its log itself."""
    settings = from_env()
    logs.configure(settings.log_level)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return create_app(settings, alone=True)


def _end_with_parent() -> None:
    """Stop serving where the process that watches over this one was killed: nobody else would stop it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
