"""Exports that go by age."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select

from chat.contacts.schema import contact
from chat.export.schema import export
from chat.infra.store.ageing import AgeingKind
from chat.infra.store.tx import Tx

# A copy for the contact, which no legal claim needs: no hold keeps it.
EXPORTS = AgeingKind(
    "exports",
    export.join(contact, contact.c.id == export.c.contact_id),
    (export.c.id,),
    export.c.requested_at,
    contact.c.account_id,
    export.c.id,
)


def take_exports(tx: Tx, uids: Sequence[str]) -> list[tuple[str, str]]:
    """Delete exports, and return the files they leave, each as its contact's public id and its name."""
    query = select(contact.c.uid, export.c.blob).join(contact, contact.c.id == export.c.contact_id)
    files = tx.execute(query.where(export.c.id.in_(uids), export.c.blob.is_not(None))).all()
    tx.execute(delete(export).where(export.c.id.in_(uids)))
    return [(row.uid, row.blob) for row in files]
