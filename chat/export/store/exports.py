"""Exports as rows: asked for, leased by whoever builds one, done, expired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Select, delete, func, insert, select, update

from chat.attachments.schema import attachment
from chat.contacts.schema import contact
from chat.core.errors import NotFound
from chat.export.schema import export
from chat.infra.store.newest import newest_first, older
from chat.infra.store.tx import Tx

OPEN = ("queued", "running")


@dataclass(frozen=True, slots=True)
class Export:
    """
    An archive of a contact: how far it is (`done` of `total` rows), its file's name and sealed key; times in ms; the
    public ids of those `merged`, who are in it too.
    """

    id: str
    contact_id: int
    source: str
    state: str
    done: int
    total: int
    tries: int
    blob: str | None
    file_key: bytes | None
    size: int
    leased_until: int
    requested_at: int
    done_at: int | None
    expires_at: int
    merged: list[str]


_order = export.c.requested_at, export.c.id
_columns = tuple(export.c[field.name] for field in fields(Export))


def put(tx: Tx, contact_id: int, made: Mapping[str, Any], since: int) -> str:
    """
    File an export, its contact locked. Where one of the same is not ready yet, or was ready after `since`, return its
    id.
    """
    ready = (export.c.state == "done") & (export.c.done_at > since) & (export.c.expires_at > made["requested_at"])
    waiting = select(export.c.id, export.c.merged).where(
        export.c.contact_id == contact_id, export.c.state.in_(OPEN) | ready
    )
    for before in tx.execute(waiting.order_by(*newest_first(*_order))):
        if before.merged == made.get("merged", []):
            return str(before.id)
    tx.execute(insert(export).values(contact_id=contact_id, **made))
    return str(made["id"])


def of_contact(tx: Tx, contact_id: int) -> list[Export]:
    """Return a contact's exports, newest first."""
    return _all(tx, select(*_columns).where(export.c.contact_id == contact_id).order_by(*newest_first(*_order)))


def known(tx: Tx, uid: str, contact_id: int) -> Export | None:
    """Return a contact's export with this id, if there is one. Raises NotFound where the id is another contact's."""
    is_taken = tx.execute(select(export.c.id).where(export.c.id == uid)).first() is not None
    return one(tx, uid, contact_id=contact_id) if is_taken else None


def one(tx: Tx, uid: str, *, contact_id: int | None = None, account_id: str | None = None) -> Export:
    """Return an export of a contact, or of an account. Raises NotFound where it is neither's."""
    query = select(*_columns).join(contact, contact.c.id == export.c.contact_id).where(export.c.id == uid)
    query = query.where(contact.c.id == contact_id if account_id is None else contact.c.account_id == account_id)
    row = tx.execute(query).first()
    if row is None:
        raise NotFound("No such export")
    return Export(*row)


def page(tx: Tx, account_id: str, before: str | None, limit: int) -> list[tuple[Export, str]]:
    """Return exports of an account, each with its contact's public id, newest first, those before an id if given."""
    query = select(*_columns, contact.c.uid).join(contact, contact.c.id == export.c.contact_id)
    # Whoever has withdrawn is in no list any more, also while their erasure waits.
    query = query.where(contact.c.account_id == account_id, contact.c.receipt_id.is_not(None))
    if before:
        query = query.where(older(tx, *_order, before))
    return [(Export(*row[:-1]), row.uid) for row in tx.execute(query.order_by(*newest_first(*_order)).limit(limit))]


def due(tx: Tx, now: int) -> list[Export]:
    """Return what is to be built and nobody builds, oldest first."""
    # One that is `running` and whose lease is over was killed.
    mine = export.c.state.in_(OPEN) & (export.c.leased_until < now)
    return _all(tx, select(*_columns).where(mine).order_by(export.c.requested_at))


def lease(tx: Tx, found: Export, values: Mapping[str, Any]) -> bool:
    """Take an export to build it. Return False where another was quicker."""
    mine = (export.c.id == found.id) & (export.c.leased_until == found.leased_until) & export.c.state.in_(OPEN)
    taken = {"state": "running", "done": 0, "tries": found.tries + 1, **values}
    return tx.execute(update(export).where(mine).values(**taken)).rowcount > 0


def put_off(tx: Tx, found: Export, until: int) -> None:
    """Leave an export to wait that nobody has taken meanwhile. It is queued again if whoever built it has gone."""
    mine = (export.c.id == found.id) & (export.c.leased_until == found.leased_until) & export.c.state.in_(OPEN)
    tx.execute(update(export).where(mine).values(state="queued", done=0, leased_until=until))


def go_on(tx: Tx, uid: str, blob: str, **values: Any) -> bool:
    """Change an export that is being built into `blob`. Return False where it is gone, or another builds it by now."""
    return tx.execute(update(export).where(export.c.id == uid, export.c.blob == blob).values(**values)).rowcount > 0


def list_expired(tx: Tx, now: int) -> list[tuple[Export, str]]:
    """Return what has expired, each with its contact's public id."""
    query = select(*_columns, contact.c.uid).join(contact, contact.c.id == export.c.contact_id)
    return [(Export(*row[:-1]), row.uid) for row in tx.execute(query.where(export.c.expires_at <= now))]


def drop(tx: Tx, uid: str) -> None:
    """Delete an export's row, and with it the key of its file."""
    tx.execute(delete(export).where(export.c.id == uid))


def blobs(tx: Tx, names: Sequence[str]) -> set[str]:
    """Return those names of files that a row knows."""
    return set(tx.execute(select(export.c.blob).where(export.c.blob.in_(names))).scalars().all())


def ready_beyond(tx: Tx, contact_id: int, most: int) -> list[Export]:
    """Return a contact's archives that are ready, but for the `most` newest of them."""
    mine = (export.c.contact_id == contact_id) & (export.c.state == "done")
    return _all(tx, select(*_columns).where(mine).order_by(export.c.done_at.desc(), export.c.id.desc()).offset(most))


def bytes_of_files(tx: Tx, contact_id: int) -> int:
    """Return how many bytes a contact's files have."""
    total = func.coalesce(func.sum(attachment.c.size), 0)
    return int(tx.execute(select(total).where(attachment.c.contact_id == contact_id)).scalar_one())


def bytes_of(tx: Tx, account_id: str | None = None) -> int:
    """Return how many bytes the archives of an account, or of all, have that are ready."""
    query = select(func.coalesce(func.sum(export.c.size), 0)).where(export.c.state == "done")
    if account_id is not None:
        query = query.join(contact, contact.c.id == export.c.contact_id).where(contact.c.account_id == account_id)
    return int(tx.execute(query).scalar_one())


def _all(tx: Tx, query: Select[Any]) -> list[Export]:
    return [Export(*row) for row in tx.execute(query)]
