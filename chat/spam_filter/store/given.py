"""What the operator's labelled files taught an account's filter, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from sqlalchemy import func, insert, select

from chat.infra.store.tx import Tx
from chat.spam_filter.schema import given

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Given:
    """A labelled text as numbers (32 bits each, little-endian). `digest` is over these, so a text is there once."""

    digest: str
    at: int
    spam: bool
    features: bytes


_columns = tuple(given.c[field.name] for field in fields(Given))


def add(tx: Tx, account_id: str, made: Sequence[Given]) -> int:
    """Store those that are not there yet, and return how many."""
    known = set(tx.execute(select(given.c.digest).where(given.c.account_id == account_id)).scalars())
    fresh = {each.digest: each for each in made if each.digest not in known}
    found = [
        {"account_id": account_id} | {f.name: getattr(each, f.name) for f in fields(Given)} for each in fresh.values()
    ]
    for start in range(0, len(found), CHUNK):
        tx.execute(insert(given), found[start : start + CHUNK])
    return len(found)


def of_account(tx: Tx, account_id: str, until: int | None = None) -> list[Given]:
    """Return what was given to an account, before a time (ms)."""
    query = select(*_columns).where(given.c.account_id == account_id)
    if until is not None:
        query = query.where(given.c.at < until)
    return [Given(*row) for row in tx.execute(query.order_by(given.c.digest))]


def count(tx: Tx, account_id: str) -> int:
    """Return how many texts were given to an account. None ever goes."""
    found = select(func.count()).select_from(given).where(given.c.account_id == account_id)
    return int(tx.execute(found).scalar_one())


def accounts(tx: Tx) -> list[str]:
    """Return every account that something was given to."""
    return list(tx.execute(select(given.c.account_id).distinct().order_by(given.c.account_id)).scalars())
