"""The files of an account, as its agents may see them."""

from __future__ import annotations

from sqlalchemy import exists, select

from chat.attachments.schema import attachment
from chat.attachments.store import columns
from chat.contacts.schema import contact
from chat.contacts.store import contacts
from chat.core.errors import NotFound
from chat.core.model import Attachment
from chat.infra.store.tx import Tx
from chat.tickets.schema import ticket
from chat.tickets.store.tickets import Departments, seen


def one(tx: Tx, account_id: str, uid: str, departments: Departments) -> Attachment:
    """Return an attachment of an account whose contact and ticket its agents may see. Raises NotFound."""
    gone = exists().where(ticket.c.id == attachment.c.ticket_id, ticket.c.purged_at.is_not(None))
    hidden = exists().where(ticket.c.id == attachment.c.ticket_id, ~seen(departments))
    mine = (attachment.c.id == uid) & (contact.c.account_id == account_id)
    query = select(*columns).join(contact, contact.c.id == attachment.c.contact_id)
    row = tx.execute(query.where(mine, contacts.readable, ~gone, ~hidden)).first()
    if row is None:
        raise NotFound("No such attachment")
    return Attachment(*row)
