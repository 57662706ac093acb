"""What may take longer than an answer does, on connections that wait for none for ever."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

WORKS = 3600.0
"""Seconds for what writes a whole table anew."""


@contextmanager
def unhurried(connection: Connection) -> Iterator[None]:
    """Let what is done inside take up to `WORKS` seconds, where the connection is a `Patient`. SQLite's are not."""
    raw: Any = connection.connection.driver_connection
    before = getattr(raw, "patience", None)
    if before is None:
        yield
        return
    raw.patience = WORKS
    try:
        yield
    finally:
        raw.patience = before
