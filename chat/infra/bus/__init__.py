"""
The bus: carries events between sockets of one process, of several over Redis, and from commands beside a server;
knows which agents are there; counts allowances.

Nothing here is kept: SQL is the log. Between processes go ids and numbers only, never a text, a name or an address.
Whoever hears of an event from elsewhere reads the rest from the database.
"""

from __future__ import annotations

from pathlib import Path

from chat.core.locations import DataLocation
from chat.core.macs import Macs
from chat.infra.bus.file import FileBusClient, FileBusServer
from chat.infra.bus.memory import Bus

NETWORKS = DataLocation(
    "redis",
    "redis",
    "nobody",
    "events of ids and numbers; counts under keyed hashes that change each hour, gone in 15 minutes",
    paths=("lethe:allow:*",),
)
LEFT = DataLocation(
    "events",
    "file",
    "nobody",
    "events of ids and numbers, from commands to the server beside them, which empties it each second",
    paths=("events",),
)
__all__ = ["LEFT", "NETWORKS", "Bus", "open_bus"]


def open_bus(url: str, data: Path, macs: Macs, *, serves: bool) -> Bus:
    """
    Return the form that fits: through Redis where there is a URL; else that of the one server, or of a command beside
    it, over a file in the data folder.
    """
    if url:
        from chat.infra.bus.redis import RedisBus  # noqa: PLC0415 - Redis' client is loaded only where there is one

        return RedisBus(url, macs)
    return FileBusServer(data / "events", macs) if serves else FileBusClient(data / "events", macs)
