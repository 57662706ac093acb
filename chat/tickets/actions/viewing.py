"""Agents looking at what was said: each look is in the audit log before anything is shown."""

from __future__ import annotations

from chat.core import frames
from chat.core.model import Actor
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.tickets.actions import tickets, transcripts
from chat.tickets.actions.tickets import OpenedTicket


async def view_ticket(services: Services, actor: Actor, number: int) -> OpenedTicket:
    """Return a ticket whose transcript, notes or summary is about to be shown. Raises NotFound where there is none."""
    opened = await tickets.one(services, actor, number)
    await audit.record_view(services, actor, "transcript.viewed", str(number), opened.contact.uid)
    return opened


async def view_quarantine(services: Services, actor: Actor, number: int) -> list[frames.Entry]:
    """Return a ticket's held messages with their text."""
    opened = await tickets.one(services, actor, number)
    await audit.record_view(services, actor, "quarantine.viewed", str(number), opened.contact.uid)
    return await transcripts.list_held(services, opened.contact.id, opened.ticket)
