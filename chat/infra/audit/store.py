"""The audit log as rows: one chain an account, its head locked by whoever appends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, fields
from itertools import permutations

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, text, update

from chat.core.access import ROLES
from chat.core.audited import NOTHING, AuditEntry, ChainHead, EntryQuery, Part
from chat.core.sources import SignInSource, read
from chat.infra.audit.schema import audit, audit_head, audit_part
from chat.infra.store.tx import Tx
from chat.infra.store.upsert import insert_of

CHUNK = 1000
_entry = tuple(audit.c[field.name] for field in fields(AuditEntry))
_head = tuple(audit_head.c[field.name] for field in fields(ChainHead))
_part = tuple(audit_part.c[field.name] for field in fields(Part))


def lock(tx: Tx, account_id: str) -> ChainHead:
    """Return the head of an account's chain, locked until the transaction ends. The first time it is made."""
    blank = ChainHead(account_id, 0, NOTHING, 0, NOTHING, "")
    query = select(*_head).where(audit_head.c.account_id == account_id).with_for_update()
    # Read first, since a lock on a row that is there is the common case, and an insert would write each time.
    row = tx.execute(query).first()
    if row is None:
        # Two transactions may both find none: one inserts, the other waits here and then reads what it inserted.
        tx.execute(insert_of(tx, audit_head).values(**asdict(blank)).on_conflict_do_nothing())
        row = tx.execute(query).one()
    return ChainHead(*row)


def append(tx: Tx, entry: AuditEntry, head: ChainHead) -> None:
    """Store an entry and the head that ends with it."""
    tx.execute(insert(audit).values(**asdict(entry)))
    move(tx, head)


def move(tx: Tx, head: ChainHead) -> None:
    """Store where a chain begins and ends now."""
    ends = {name: getattr(head, name) for name in ("number", "hash", "pruned", "pruned_hash", "closed", "signature")}
    tx.execute(update(audit_head).where(audit_head.c.account_id == head.account_id).values(**ends))


def head(tx: Tx, account_id: str) -> ChainHead | None:
    """Return the head of an account's chain, None where there is none."""
    row = tx.execute(select(*_head).where(audit_head.c.account_id == account_id)).first()
    return None if row is None else ChainHead(*row)


def unchecked(tx: Tx, before: int) -> list[str]:
    """Return the accounts whose chains were not checked since `before` (ms)."""
    late = audit_head.c.checked_at.is_(None) | (audit_head.c.checked_at < before)
    return list(tx.execute(select(audit_head.c.account_id).where(late)).scalars())


def note_check(tx: Tx, account_id: str, at: int, broken_at: int | None) -> None:
    """Note when a chain was checked, and the entry where it is broken."""
    values = {"checked_at": at, "broken_at": broken_at}
    tx.execute(update(audit_head).where(audit_head.c.account_id == account_id).values(**values))


def steady(tx: Tx) -> None:
    """Let everything that this transaction reads be of one moment. Call it first."""
    if tx.dialect.name == "postgresql":
        # Under READ COMMITTED the head and the entries may be of two moments, and a chain that is whole would look
        # broken.
        tx.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))


def parts(tx: Tx, account_id: str) -> list[Part]:
    """Return the parts of an account's log that were closed because they are broken, first to last."""
    query = select(*_part).where(audit_part.c.account_id == account_id).order_by(audit_part.c.first)
    return [Part(*row) for row in tx.execute(query)]


def kept_parts(tx: Tx) -> list[Part]:
    """Return the closed parts of all accounts whose entries are still there."""
    return [Part(*row) for row in tx.execute(select(*_part).where(audit_part.c.dropped_at.is_(None)))]


def add_part(tx: Tx, part: Part) -> None:
    """Store a closed part."""
    tx.execute(insert(audit_part).values(**asdict(part)))


def drop_part(tx: Tx, part: Part, at: int) -> None:
    """Note that the entries of a closed part went. Where it was broken stays."""
    mine = (audit_part.c.account_id == part.account_id) & (audit_part.c.first == part.first)
    tx.execute(update(audit_part).where(mine).values(dropped_at=at))


def chain(tx: Tx, account_id: str, after: int = 0, until: int | None = None) -> Iterator[AuditEntry]:
    """Yield the entries of an account behind one, up to another, first to last, a chunk in memory at a time."""
    last = after
    while True:
        query = select(*_entry).where(audit.c.account_id == account_id, audit.c.number > last)
        query = query if until is None else query.where(audit.c.number <= until)
        found = [AuditEntry(*row) for row in tx.execute(query.order_by(audit.c.number).limit(CHUNK))]
        yield from found
        if len(found) < CHUNK:
            return
        last = found[-1].number


def page(tx: Tx, account_id: str, wanted: EntryQuery, *, before: int | None, limit: int) -> list[AuditEntry]:
    """Return entries of an account, the newest first."""
    query = select(*_entry).where(audit.c.account_id == account_id)
    query = query.where(audit.c.who == wanted.agent) if wanted.agent else query
    query = query.where(audit.c.action == wanted.action) if wanted.action else query
    query = query.where(_concerns(wanted.target)) if wanted.target else query
    # None of its three parts can be found within another.
    query = query.where(audit.c.source.contains(wanted.source, autoescape=True)) if wanted.source else query
    query = query.where(audit.c.number < before) if before is not None else query
    return [AuditEntry(*row) for row in tx.execute(query.order_by(audit.c.number.desc()).limit(limit))]


def of_contact(tx: Tx, account_id: str, contact_uid: str) -> list[AuditEntry]:
    """Return every entry of an account about a contact and its tickets, first to last."""
    query = select(*_entry).where(audit.c.account_id == account_id, _concerns(contact_uid))
    return [AuditEntry(*row) for row in tx.execute(query.order_by(audit.c.number))]


def seen_since(tx: Tx, entry: AuditEntry) -> bool:
    """Return whether the like of an entry, all but its number, was entered at its time or later."""
    return tx.execute(select(audit.c.number).where(*_alike(entry)).limit(1)).first() is not None


def sources_since(tx: Tx, entry: AuditEntry) -> list[SignInSource]:
    """Return where those came from that are like an entry and were entered at its time or later."""
    return [read(each) for each in tx.execute(select(audit.c.source).where(*_alike(entry))).scalars()]


def older(tx: Tx, head: ChainHead, before: int, most: int) -> list[AuditEntry]:
    """Return up to `most` entries from the beginning of a chain, up to the first that is of `before` (ms) or later."""
    mine = (audit.c.account_id == head.account_id) & (audit.c.number > head.pruned)
    until = tx.execute(select(func.min(audit.c.number)).where(mine, audit.c.at >= before)).scalar()
    query = select(*_entry).where(mine)
    query = query if until is None else query.where(audit.c.number < until)
    return [AuditEntry(*row) for row in tx.execute(query.order_by(audit.c.number).limit(most))]


def drop(tx: Tx, account_id: str, after: int, until: int) -> int:
    """Delete the entries of an account behind one, up to another, and return how many."""
    gone = (audit.c.account_id == account_id) & (audit.c.number > after) & (audit.c.number <= until)
    return tx.execute(delete(audit).where(gone)).rowcount


def _alike(entry: AuditEntry) -> list[ColumnElement[bool]]:
    alike = [audit.c[name] == getattr(entry, name) for name in ("account_id", "who", "action", "target", "contact")]
    return [*alike, audit.c.at >= entry.at]


def _concerns(uid: str) -> ColumnElement[bool]:
    # Each by name and not by how they begin, which no index of every database finds.
    changed = [f"{uid}/{old}>{new}" for old, new in permutations(ROLES, 2)]
    return or_(audit.c.target.in_([uid, *changed]), audit.c.contact == uid)
