"""Agents looking at what was said: each look is in the audit log before anything is shown."""

from __future__ import annotations

from chat.attachments.actions.attachments import open_file
from chat.attachments.actions.sealing import File
from chat.contacts.store import contacts
from chat.core import access, frames
from chat.core.model import Actor, Attachment, Contact
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.tickets.actions import tickets, transcripts
from chat.tickets.actions.tickets import OpenedTicket
from chat.tickets.store import files


async def view_summary(services: Services, actor: Actor, number: int) -> frames.TicketSummary:
    """Return a ticket's summary, with the last that was said. Raises NotFound where there is none."""
    found = await tickets.summary(services, actor, number)
    await audit.record_view(services, actor, "transcript.viewed", str(number), found.contact.id)
    return found


async def view_ticket(services: Services, actor: Actor, number: int) -> OpenedTicket:
    """Return a ticket whose transcript or notes are about to be shown. Raises NotFound where there is none."""
    opened = await tickets.one(services, actor, number)
    await audit.record_view(services, actor, "transcript.viewed", str(number), opened.contact.uid)
    return opened


async def view_quarantine(services: Services, actor: Actor, number: int) -> list[frames.Entry]:
    """Return a ticket's held messages with their text."""
    opened = await tickets.one(services, actor, number)
    await audit.record_view(services, actor, "quarantine.viewed", str(number), opened.contact.uid)
    return await transcripts.list_held(services, opened.contact.id, opened.ticket)


async def view_file(services: Services, actor: Actor, attachment_id: str, *, small: bool) -> File:
    """Return a file of the actor's account. Raises NotFound where there is none."""
    access.require(actor, "ticket.read")

    def work(tx: Tx) -> tuple[Attachment, Contact]:
        file = files.one(tx, actor.account_id, attachment_id, actor.departments)
        return file, contacts.by_id(tx, file.contact_id)

    file, contact = await services.store.read(work)
    await audit.record_view(services, actor, "attachment.viewed", attachment_id, contact.uid)
    return open_file(services, contact, file, small=small)
