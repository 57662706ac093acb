"""The files of saved replies as rows. Their bytes are in `chat.infra.blobs`, in the folder of whoever's they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from sqlalchemy import delete, func, insert, select, tuple_

from chat.core.errors import NotFound
from chat.core.model import KeptFile
from chat.infra.store.tx import Tx
from chat.response_files.schema import response_file


@dataclass(frozen=True, slots=True)
class ResponseFile(KeptFile):
    """A file of a saved reply of an account, which is an agent's own where there is one."""

    account_id: str
    agent_id: str | None
    response_id: str


_columns = tuple(response_file.c[each.name] for each in fields(ResponseFile))
_owner = func.coalesce(response_file.c.agent_id, response_file.c.account_id)


def of_response(tx: Tx, account_id: str, response_id: str) -> list[ResponseFile]:
    """Return the files of a reply, in the order in which they came."""
    mine = (response_file.c.account_id == account_id) & (response_file.c.response_id == response_id)
    return [ResponseFile(*row) for row in tx.execute(select(*_columns).where(mine).order_by(response_file.c.id))]


def one(tx: Tx, account_id: str, file_id: str) -> ResponseFile:
    """Return a file of an account. Raises NotFound."""
    mine = (response_file.c.account_id == account_id) & (response_file.c.id == file_id)
    row = tx.execute(select(*_columns).where(mine)).first()
    if row is None:
        raise NotFound("No such file")
    return ResponseFile(*row)


def add(tx: Tx, made: ResponseFile) -> None:
    """Store a row."""
    tx.execute(insert(response_file).values({each.name: getattr(made, each.name) for each in fields(ResponseFile)}))


def drop(tx: Tx, account_id: str, ids: Sequence[str]) -> None:
    """Delete rows of an account, and with each the key of its file."""
    mine = response_file.c.account_id == account_id
    tx.execute(delete(response_file).where(mine, response_file.c.id.in_(ids)))


def bytes_of(tx: Tx, account_id: str | None) -> int:
    """Return how many bytes the files of an account, or of all (None), have."""
    query = select(func.coalesce(func.sum(response_file.c.size), 0))
    if account_id is not None:
        query = query.where(response_file.c.account_id == account_id)
    return int(tx.execute(query).scalar_one())


def list_referred(tx: Tx) -> list[tuple[str, str, bool]]:
    """Return the owner and name of every file that a row refers to, and whether it has a preview."""
    return [tuple(row) for row in tx.execute(select(_owner, response_file.c.blob, response_file.c.preview))]


def known(tx: Tx, pairs: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those pairs of an owner and a blob's name that have a row."""
    query = select(_owner, response_file.c.blob).where(tuple_(_owner, response_file.c.blob).in_(pairs))
    return {(row[0], row[1]) for row in tx.execute(query)}
