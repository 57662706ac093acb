"""Erasure requests: filing them, how far each is in each place, and the chunks that they delete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import delete, exists, func, select, tuple_, update

from chat.contacts.schema import contact, hold
from chat.core.errors import NotFound
from chat.erasure.schema import erasure, erasure_place
from chat.infra.gathered import DataSubject
from chat.infra.store import locations
from chat.infra.store.columns import metadata
from chat.infra.store.tx import Tx
from chat.infra.store.upsert import once

# Whoever writes meanwhile waits for one chunk, however much the contact wrote.
CHUNK = 200


@dataclass(frozen=True, slots=True)
class Erasure:
    """
    A request: whose (`contact_uid`, `contact_id`, `key_slot`), from where, how far; times in ms. Where its `subject` is
    an agent, `contact_uid` is theirs, and `heir` who gets their tickets.
    """

    id: str
    account_id: str
    contact_uid: str
    contact_id: int
    key_slot: int
    source: str
    state: str
    requested_at: int
    due_at: int
    done_at: int | None
    receipts: int
    proof: str
    certificate: str | None
    signature: str | None
    subject: str
    heir: str | None
    person: str | None = None

    @property
    def of_agent(self) -> bool:
        """Whether it is about an agent."""
        return self.subject == locations.AGENT

    @property
    def whom(self) -> DataSubject:
        """Whom it is about, as the steps of an erasure are told."""
        return DataSubject(self.id, self.account_id, self.contact_id, self.contact_uid, self.key_slot, self.heir)


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """How forgetting went in one place: what was there, what was removed, what a second look found left."""

    place: str
    kind: str
    found: int
    removed: int
    left: int | None
    at: int


_columns = tuple(erasure.c[field.name] for field in fields(Erasure))
_held = exists().where(hold.c.contact_id == erasure.c.contact_id)
_outcomes = tuple(erasure_place.c[field.name] for field in fields(StepOutcome))


def request(tx: Tx, made: Mapping[str, Any]) -> str:
    """File a request. A second for the same contact gives the first one's id, and may only bring it forward."""
    once(tx, erasure, {"state": "queued", **made})
    mine = erasure.c.contact_uid == made["contact_uid"]
    tx.execute(update(erasure).where(mine, erasure.c.due_at > made["due_at"]).values(due_at=made["due_at"]))
    return str(tx.execute(select(erasure.c.id).where(mine)).scalar_one())


def of_contact(tx: Tx, contact_uid: str) -> Erasure | None:
    """Return the request filed for a contact, if any."""
    row = tx.execute(select(*_columns).where(erasure.c.contact_uid == contact_uid)).first()
    return None if row is None else Erasure(*row)


def is_used(tx: Tx, digest: str) -> bool:
    """Whether a contact who began with an id is erased, or is to be."""
    return tx.execute(select(erasure.c.id).where(erasure.c.begun == digest)).first() is not None


def with_it(tx: Tx, found: Erasure) -> list[str]:
    """Return the ids of the other requests that were filed for the same person."""
    theirs = (erasure.c.account_id == found.account_id) & (erasure.c.person == found.person)
    query = select(erasure.c.id).where(theirs, erasure.c.person.is_not(None), erasure.c.id != found.id)
    return list(tx.execute(query.order_by(erasure.c.id)).scalars())


def one(tx: Tx, account_id: str, erasure_id: str) -> Erasure:
    """Return a request of an account. Raises NotFound where there is none."""
    mine = (erasure.c.id == erasure_id) & (erasure.c.account_id == account_id)
    row = tx.execute(select(*_columns).where(mine)).first()
    if row is None:
        raise NotFound("No such erasure")
    return Erasure(*row)


def by_id(tx: Tx, erasure_id: str) -> Erasure:
    """Return a request of any account."""
    return Erasure(*tx.execute(select(*_columns).where(erasure.c.id == erasure_id)).one())


def page(tx: Tx, account_id: str, before: str | None, limit: int) -> list[Erasure]:
    """Return requests of an account, newest first, those before an id where one is given."""
    query = select(*_columns).where(erasure.c.account_id == account_id)
    if before:
        query = query.where(erasure.c.id < before)
    return [Erasure(*row) for row in tx.execute(query.order_by(erasure.c.id.desc()).limit(limit))]


def due(tx: Tx, now: int) -> list[Erasure]:
    """Return the requests that are due, not done and not held up, oldest first."""
    # `failed` ones too: where a person has mended what it failed by, it goes on by itself.
    mine = (erasure.c.state != "done") & (erasure.c.due_at <= now) & ~_held
    return [Erasure(*row) for row in tx.execute(select(*_columns).where(mine).order_by(erasure.c.requested_at))]


def begin(tx: Tx, found: Erasure) -> bool:
    """Note that a request runs. Return False where a hold came first, whose placing locks the contact too."""
    tx.execute(select(contact.c.id).where(contact.c.id == found.contact_id).with_for_update())
    mine = (erasure.c.id == found.id) & (erasure.c.state != "done") & ~_held
    return tx.execute(update(erasure).where(mine).values(state="running")).rowcount > 0


def done_since(tx: Tx, at: int) -> list[Erasure]:
    """Return the requests that were done at a time or after it."""
    return [Erasure(*row) for row in tx.execute(select(*_columns).where(erasure.c.done_at >= at))]


def since(tx: Tx, account_id: str, at: int, most: int) -> list[Erasure]:
    """Return the requests of an account that were filed or done at a time or after it, the last `most`."""
    lately = (erasure.c.requested_at >= at) | (erasure.c.done_at >= at)
    query = select(*_columns).where(erasure.c.account_id == account_id, lately)
    return [Erasure(*row) for row in tx.execute(query.order_by(erasure.c.id.desc()).limit(most))]


def of_contacts(tx: Tx, account_id: str, contact_uids: Sequence[str]) -> list[Erasure]:
    """Return the requests filed for some contacts of an account."""
    theirs = (erasure.c.account_id == account_id) & erasure.c.contact_uid.in_(contact_uids)
    return [Erasure(*row) for row in tx.execute(select(*_columns).where(theirs))]


def set_state(tx: Tx, erasure_id: str, state: str) -> None:
    """Note the state of a request that is not done."""
    tx.execute(update(erasure).where(erasure.c.id == erasure_id, erasure.c.state != "done").values(state=state))


def close(tx: Tx, erasure_id: str, at: int, certificate: str, signature: str) -> bool:
    """Enter the certificate, and return whether it was this call that did, the first one counts."""
    values = {"state": "done", "done_at": at, "certificate": certificate, "signature": signature}
    open_still = (erasure.c.id == erasure_id) & (erasure.c.state != "done")
    return tx.execute(update(erasure).where(open_still).values(**values)).rowcount > 0


def list_outcomes(tx: Tx, erasure_id: str) -> list[StepOutcome]:
    """Return how it went in each place so far, in their order."""
    mine = erasure_place.c.erasure_id == erasure_id
    return [StepOutcome(*row) for row in tx.execute(select(*_outcomes).where(mine).order_by(erasure_place.c.position))]


def reach(tx: Tx, erasure_id: str, made: Mapping[str, Any]) -> None:
    """Note what was found in a place before anything was removed. What was noted first stays."""
    once(tx, erasure_place, {"erasure_id": erasure_id, "removed": 0, **made})


def record_left(tx: Tx, erasure_id: str, left: Mapping[str, int], at: int) -> None:
    """
    Note what a second look found in each place. What is missing of what was found was removed, even where the process
    was killed before it could count.
    """
    for each in (each for each in list_outcomes(tx, erasure_id) if each.place in left):
        there = left[each.place]
        removed = max(each.removed, each.found - there)
        values = {"found": max(each.found, removed + there), "removed": removed, "left": there, "at": at}
        mine = (erasure_place.c.erasure_id == erasure_id) & (erasure_place.c.place == each.place)
        tx.execute(update(erasure_place).where(mine).values(**values))


def count(tx: Tx, name: str, key: int | str, top: str = locations.CONTACT) -> int:
    """Return how many rows of the table with a name are a contact's, or an agent's."""
    table = metadata.tables[name]
    theirs = locations.rows_of(table, key, top)
    return int(tx.execute(select(func.count()).select_from(table).where(theirs)).scalar_one())


def take(tx: Tx, erasure_id: str, name: str, whose: int | str, top: str = locations.CONTACT) -> int:
    """
    Delete a chunk of a contact's rows, or an agent's, and count them in the same transaction, and return how many there
    were.
    """
    table = metadata.tables[name]
    key = tuple(table.primary_key)
    chunk = select(*key).where(locations.rows_of(table, whose, top)).limit(CHUNK)
    taken = tx.execute(delete(table).where(tuple_(*key).in_(chunk))).rowcount
    mine = (erasure_place.c.erasure_id == erasure_id) & (erasure_place.c.place == name)
    tx.execute(update(erasure_place).where(mine).values(removed=erasure_place.c.removed + taken))
    return taken
