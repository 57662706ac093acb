"""Whom an erasure has to tell, as rows (Art. 19 GDPR)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import select, update

from chat.erasure.schema import erasure, recipient
from chat.infra.store.tx import Tx
from chat.infra.store.upsert import insert_of


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody an erasure has to tell of `letters`, by their ids. `address` (sealed) is gone once that is over."""

    erasure_id: str
    recipient: str
    kind: str
    letters: list[str]
    address: bytes | None
    due_at: int
    tries: int
    told_at: int | None

    @property
    def named(self) -> str:
        """A program's id. Of a mailbox there is only a keyed hash, which names nobody and is not told."""
        return "" if self.kind == "mail" else self.recipient


_recipients = tuple(recipient.c[field.name] for field in fields(Recipient))


def file(tx: Tx, made: Mapping[str, Any]) -> None:
    """Note whom an erasure has to tell. Filed twice, it is filed once."""
    tx.execute(insert_of(tx, recipient).values(tries=0, **made).on_conflict_do_nothing())


def recipients(tx: Tx, erasure_id: str) -> list[Recipient]:
    """Return whom an erasure has to tell, told ones too."""
    query = select(*_recipients).where(recipient.c.erasure_id == erasure_id).order_by(recipient.c.recipient)
    return [Recipient(*row) for row in tx.execute(query)]


def due(tx: Tx, now: int, limit: int) -> list[tuple[Recipient, str]]:
    """Return whom to tell now, with the account of the erasure."""
    query = select(*_recipients, erasure.c.account_id).join(erasure, erasure.c.id == recipient.c.erasure_id)
    waiting = recipient.c.address.is_not(None) & (recipient.c.due_at <= now)
    found = tx.execute(query.where(waiting).order_by(recipient.c.due_at).limit(limit))
    return [(Recipient(*row[:-1]), row.account_id) for row in found]


def claim(tx: Tx, each: Recipient, until: int) -> bool:
    """Take a recipient as nobody else's until then. Return False where another was quicker."""
    mine = _row(each) & (recipient.c.due_at == each.due_at)
    return tx.execute(update(recipient).where(mine).values(due_at=until, tries=each.tries + 1)).rowcount > 0


def mark_done(tx: Tx, each: Recipient, told_at: int | None) -> None:
    """Note when a recipient was told, None where they never will be. The address goes either way."""
    tx.execute(update(recipient).where(_row(each)).values(address=None, told_at=told_at))


def mark_notified(tx: Tx, erasure_id: str, who: str, at: int) -> bool:
    """Note when a recipient that is no address was told, and return whether it had not been."""
    mine = (recipient.c.erasure_id == erasure_id) & (recipient.c.recipient == who) & recipient.c.told_at.is_(None)
    return tx.execute(update(recipient).where(mine).values(told_at=at)).rowcount > 0


def _row(each: Recipient) -> Any:
    return (recipient.c.erasure_id == each.erasure_id) & (recipient.c.recipient == each.recipient)
