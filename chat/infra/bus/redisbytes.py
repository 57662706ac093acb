"""Every key and value that a Redis holds, and where its dump file is: for `lethe residue`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from chat.core.errors import Unavailable

READS: dict[bytes, Callable[[Any, bytes], Any]] = {
    b"string": lambda client, key: client.get(key),
    b"hash": lambda client, key: list(client.hgetall(key).items()),
    b"list": lambda client, key: client.lrange(key, 0, -1),
    b"set": lambda client, key: list(client.smembers(key)),
    b"zset": lambda client, key: client.zrange(key, 0, -1),
    b"stream": lambda client, key: [list(held.items()) for _, held in client.xrange(key)],
}
APART = b"\x00\n"


def values(url: str) -> Iterator[tuple[str, bytes]]:
    """Yield each key as `key N` (its name may be what is looked for) with its name and value. Raises Unavailable."""
    try:
        with Redis.from_url(url, socket_timeout=10) as client:
            for number, key in enumerate(client.scan_iter(), 1):
                read = READS.get(client.type(key))
                yield f"key {number}", key + APART + _flat(read(client, key) if read else client.dump(key))
            yield "slow log", _flat([each["command"] for each in client.slowlog_get(1000)])
    except RedisError as error:
        raise Unavailable("Redis does not answer") from error


def files(url: str) -> list[Path]:
    """Return Redis' own files where they can be reached from here. It may not say, or be elsewhere."""
    try:
        with Redis.from_url(url, socket_timeout=10) as client:
            said: dict[str, str] = client.config_get("dir", "dbfilename", "appenddirname")
    except RedisError:
        return []
    folder = Path(said.get("dir", "/nowhere"))
    found = [folder / said.get(name, "") for name in ("dbfilename", "appenddirname") if said.get(name)]
    return [each for each in found if each.exists()]


def _flat(value: Any) -> bytes:
    if isinstance(value, (list, tuple)):
        return APART.join(map(_flat, value))
    return value if isinstance(value, bytes) else str(value).encode()
