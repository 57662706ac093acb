"""The data folder: made, checked and holding the server's secret."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from pathlib import Path

from chat.core.errors import Misconfigured
from chat.core.locations import DataLocation
from chat.core.settings import SHORTEST_SECRET, Settings

SECRET = DataLocation("secret", "file", "nobody", "the server's own secret", paths=("secret.key",))
DATABASE = DataLocation(
    "database",
    "file",
    "nobody",
    "the tables in one file, each a data location of its own; SQLite only",
    paths=("lethe.db", "lethe.db-wal", "lethe.db-shm", "lethe.db-journal"),
)


def server_secret(settings: Settings) -> bytes:
    """Return the server's secret: the setting, or the file in the data folder, made there once (mode 0600)."""
    if settings.secret_key:
        return settings.secret_key.encode()
    path = settings.data / "secret.key"
    if not path.exists():
        _make_secret(path)
    secret = path.read_bytes().strip()
    if len(secret) < SHORTEST_SECRET:
        raise Misconfigured(f"{path} is damaged; restore it, or everything that was sealed under it stays closed")
    return secret


def has_secret(settings: Settings) -> bool:
    """Whether the server has a secret by now."""
    return bool(settings.secret_key) or (settings.data / "secret.key").exists()


def _make_secret(path: Path) -> None:
    """Write the file beside and link it whole: neither a crash nor a second process may leave half a secret."""
    beside = path.with_name(f".{path.name}-{os.getpid()}-{secrets.token_hex(4)}")
    made = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(made, "w") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(beside, path)
    beside.unlink()


def claim(settings: Settings) -> None:
    """
    Keep the data folder for this one server while the process lives. Raises Misconfigured where another serves from it:
    without Redis neither would hear what happens in the other.
    """
    held = os.open(settings.data, os.O_RDONLY)  # never closed: the lock goes with the process, however it ends
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(held)
        raise Misconfigured(
            f"Another server runs on {settings.data}; several need LETHE_DATABASE_URL (PostgreSQL) and LETHE_REDIS_URL"
        ) from error


def prepare_data(settings: Settings) -> None:
    """Make the data folder (mode 0700) where it is missing. Raises Misconfigured where it cannot be written."""
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = settings.data / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise Misconfigured(
            f"LETHE_DATA is {settings.data}, which cannot be written ({error.strerror}); "
            "give this user the folder or set LETHE_DATA to another one"
        ) from error
