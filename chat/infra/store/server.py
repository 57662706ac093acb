"""The server's own row: one about this database."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text, func, insert, select, update

from chat.infra.store.columns import about, metadata
from chat.infra.store.tx import Tx

server = Table(
    "server",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("scrubbed_at", BigInteger, nullable=False, default=0, server_default="0"),
    Column("backup_days", Integer, nullable=False, server_default="30"),
    Column("backed_up_at", BigInteger),
    Column("backup_folder", Text),
    Column("keys_copied_to", Text),
    Column("restoring", String(36)),
    info=about("nobody", "one row about this database", saved=False),
)


def epoch(tx: Tx) -> int:
    """Return the database's epoch. A restore raises it."""
    return int(tx.execute(select(server.c.epoch)).scalar_one())


def scrubbed_at(tx: Tx) -> int:
    """Return when the database was last written anew, 0 for never; ms."""
    return int(tx.execute(select(server.c.scrubbed_at)).scalar() or 0)


def record_scrub(tx: Tx, at: int) -> None:
    """Note that the database was written anew."""
    tx.execute(update(server).values(scrubbed_at=at))


def begin(tx: Tx, at: int) -> None:
    """Write the server's row where it is missing."""
    if tx.execute(select(func.count()).select_from(server)).scalar_one() == 0:
        tx.execute(insert(server).values(id=1, epoch=1, created_at=at))
