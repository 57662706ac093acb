"""Invitations as rows, found within their account or by their secret. One that does not hold is as if not there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from sqlalchemy import Row, delete, insert, select, update

from chat.core.errors import NotFound
from chat.infra.store.bound import bind, holds, rebound
from chat.infra.store.outbox import LetterTable
from chat.infra.store.tx import Tx
from chat.invitations.schema import invitation, invitation_letter

InvitationRow: TypeAlias = Row[*tuple[Any, ...]]
LETTERS = LetterTable(
    invitation_letter, invitation_letter.c.invitation_id, (invitation.c.id.label("uid"), invitation.c.key_slot)
)


def add(tx: Tx, made: Mapping[str, Any]) -> None:
    """Store an invitation. The store raises NotNow where its account has one for the address."""
    tx.execute(insert(invitation).values(**made, mac=bind(tx, invitation, made)))


def of_account(tx: Tx, account_id: str) -> list[InvitationRow]:
    """Return an account's invitations, oldest first."""
    query = select(invitation).where(invitation.c.account_id == account_id)
    rows = tx.execute(query.order_by(invitation.c.created_at, invitation.c.id))
    return [row for row in rows if holds(tx, invitation, row)]


def find(tx: Tx, account_id: str, uid: str, *, lock: bool = False) -> InvitationRow | None:
    """Return an invitation of the account, if there is one."""
    query = select(invitation).where(invitation.c.id == uid, invitation.c.account_id == account_id)
    row = tx.execute(query.with_for_update() if lock else query).first()
    return row if row is not None and holds(tx, invitation, row) else None


def one(tx: Tx, account_id: str, uid: str, *, lock: bool = False) -> InvitationRow:
    """Return an invitation of the account. Raises NotFound where there is none."""
    row = find(tx, account_id, uid, lock=lock)
    if row is None:
        raise NotFound("No such invitation: it was accepted, taken back, or is over")
    return row


def by_email(tx: Tx, account_id: str, email_hash: str) -> InvitationRow | None:
    """Return the account's invitation for an address, if there is one."""
    query = select(invitation).where(invitation.c.account_id == account_id, invitation.c.email_hash == email_hash)
    row = tx.execute(query).first()
    return row if row is not None and holds(tx, invitation, row) else None


def by_secret(tx: Tx, secret_hash: str, *, lock: bool = False) -> InvitationRow | None:
    """Return the invitation that this secret opens, expired or not."""
    query = select(invitation).where(invitation.c.secret_hash == secret_hash)
    row = tx.execute(query.with_for_update() if lock else query).first()
    return row if row is not None and holds(tx, invitation, row) else None


def renew(tx: Tx, row: InvitationRow, **changes: Any) -> None:
    """Change an invitation, and drop the letters that were on their way with its old link."""
    made = rebound(tx, invitation, row, returned=False, **changes)
    tx.execute(update(invitation).where(invitation.c.id == row.id).values(made))
    tx.execute(delete(invitation_letter).where(invitation_letter.c.invitation_id == row.id))


def mark_returned(tx: Tx, uid: str) -> None:
    """Note that no mail server took the letter."""
    tx.execute(update(invitation).where(invitation.c.id == uid).values(returned=True))


def drop(tx: Tx, uid: str) -> bool:
    """Delete an invitation. Return whether it was there."""
    return tx.execute(delete(invitation).where(invitation.c.id == uid)).rowcount > 0


def over(tx: Tx, before: int, limit: int) -> list[InvitationRow]:
    """Return those that expired `before` (ms), whether or not they hold."""
    query = select(invitation.c.id, invitation.c.key_slot).where(invitation.c.expires_at < before)
    return list(tx.execute(query.order_by(invitation.c.expires_at).limit(limit)))
