"""What the migration that bound rows and sealed passwords does with those that were there."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Row,
    Text,
    bindparam,
    cast,
    column,
    insert,
    select,
    table,
    update,
)

from chat.core.crypt import Sealed, blind, derive, seal, unseal
from chat.core.errors import NotFound
from chat.core.macs import Macs
from chat.core.settings import Settings
from chat.infra.keys.keys import Keys
from chat.infra.keys.slots import open_slots
from chat.infra.store.folder import server_secret

CHUNK = 1000
TAGS = table("ticket_tag", column("ticket_id"), column("account_id"), column("tag"))
KINDS: dict[str, Any] = {"opened": Boolean(create_constraint=False), "contact_id": BigInteger()}


def bind_all(tx: Connection, settings: Settings, name: str, said: Sequence[str], key: Sequence[str]) -> None:
    """Give each row of a table its MAC over the columns `said`. Rows are found by their `key`."""
    of = table(name, *(column(each, KINDS.get(each)) for each in dict.fromkeys((*key, *said))), column("mac"))
    mine = [of.c[each] == bindparam(f"k_{each}") for each in key]
    for rows in _chunks(tx, select(*(of.c[each] for each in dict.fromkeys((*key, *said))))):
        # Only where there are rows: an empty database may not have a secret yet.
        macs = Macs(server_secret(settings))
        made = [
            {f"k_{each}": getattr(row, each) for each in key}
            | {"made": macs.over(name, [getattr(row, each) for each in said])}
            for row in rows
        ]
        tx.execute(update(of).where(*mine).values(mac=bindparam("made")), made)


def bind_again(tx: Connection, settings: Settings, name: str, before: Sequence[str], said: Sequence[str]) -> None:
    """
    Give each row of a table, found by its `id`, its MAC over other columns than `before`. One that does not hold, as it
    was not written here, is left so.
    """
    known = dict.fromkeys((*before, *said))
    of = table(name, *(column(each, KINDS.get(each)) for each in known), column("mac"))
    for rows in _chunks(tx, select(of)):
        macs = Macs(server_secret(settings))
        made = [
            {"k_id": row.id, "made": macs.over(name, [getattr(row, each) for each in said])}
            for row in rows
            if macs.hold(row.mac, name, [getattr(row, each) for each in before])
        ]
        if made:
            tx.execute(update(of).where(of.c.id == bindparam("k_id")).values(mac=bindparam("made")), made)


def seal_passwords(tx: Connection, settings: Settings) -> None:
    """Seal each argon2 hash under its agent's key. An agent without a key has no password from then on."""
    of = table("agent", column("id"), column("key_slot"), column("password_hash"))
    bare = select(of).where(of.c.password_hash.startswith("$argon2"))
    for keys, row in _with_keys(tx, settings, bare):
        tx.execute(update(of).where(of.c.id == row.id).values(password_hash=_sealed(keys, row)))


def seal_ratings(tx: Connection, settings: Settings) -> None:
    """Seal each comment on a rating as that of its ticket. A contact who was erased, or whose key is gone, has none."""
    of = table("ticket", column("id"), column("contact_id"), column("rating_comment"))
    whose = table("contact", column("id"), column("uid"), column("key_slot"))
    query = select(of.c.id, of.c.rating_comment, whose.c.uid, whose.c.key_slot)
    query = query.join(whose, whose.c.id == of.c.contact_id).where(of.c.rating_comment.is_not(None))
    for keys, row in _with_keys(tx, settings, query):
        with contextlib.suppress(NotFound, Sealed):
            key = keys.get(row.key_slot, row.uid)
            said = unseal(key, row.rating_comment, f"{row.uid}/rating".encode())
            made = seal(key, said, f"{row.uid}/rating/{row.id}".encode())
            tx.execute(update(of).where(of.c.id == row.id).values(rating_comment=made))


def seal_tags(tx: Connection, settings: Settings) -> None:
    """
    Seal each ticket's `tags`, a list as JSON, as `sealed`, and enter the keyed hash of each, unless the ticket is to be
    purged. Those of a contact whose key is gone go.
    """
    of = table("ticket", *(column(each) for each in ("id", "account_id", "contact_id", "purged_at", "sealed", "tags")))
    whose = table("contact", column("id"), column("uid"), column("key_slot"))
    query = select(of.c.id, of.c.account_id, of.c.purged_at, cast(of.c.tags, Text).label("tags"), whose.c.uid)
    query = query.add_columns(whose.c.key_slot).join_from(of, whose, whose.c.id == of.c.contact_id)
    hashing = derive(server_secret(settings), "index") if tx.execute(query.limit(1)).first() else b""
    for keys, row in _with_keys(tx, settings, query.where(cast(of.c.tags, Text) != "[]")):
        with contextlib.suppress(NotFound):
            made = seal(keys.get(row.key_slot, row.uid), row.tags, f"{row.uid}/tags/{row.id}".encode())
            tx.execute(update(of).where(of.c.id == row.id).values(sealed=made))
            hashes = {blind(hashing, f"tag/{row.account_id}", name)[:32] for name in json.loads(row.tags)}
            if row.purged_at is None:
                rows = [{"ticket_id": row.id, "account_id": row.account_id, "tag": str(UUID(each))} for each in hashes]
                tx.execute(insert(TAGS), rows)


def _with_keys(tx: Connection, settings: Settings, query: Any) -> Iterator[tuple[Keys, Row[Any]]]:
    """Yield the keys with each row of a query: only where there are rows, as an empty database may have no keys yet."""
    found = tx.execute(query).all()
    if not found:
        return
    with contextlib.closing(Keys(open_slots(settings.keys_url), server_secret(settings))) as keys:
        for row in found:
            yield keys, row


def _sealed(keys: Keys, row: Any) -> str:
    try:
        key = keys.get(row.key_slot, row.id)
    except NotFound:
        return ""
    return base64.b64encode(seal(key, row.password_hash, f"{row.id}/password".encode())).decode()


def _chunks(tx: Connection, query: Any) -> Iterator[list[Row[Any]]]:
    found = tx.execute(query).all()
    for start in range(0, len(found), CHUNK):
        yield list(found[start : start + CHUNK])
