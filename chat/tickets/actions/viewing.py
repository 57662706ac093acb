"""Agents looking at what was said: each look is in the audit log before anything is shown."""

from __future__ import annotations

from chat.core import frames
from chat.core.model import Actor
from chat.infra.audit import audit
from chat.infra.desk import Desk
from chat.tickets.actions import tickets, transcripts
from chat.tickets.actions.tickets import Opened


async def ticket(desk: Desk, actor: Actor, number: int) -> Opened:
    """Return a ticket whose transcript, notes or summary is about to be shown; NotFound where there is none."""
    opened = await tickets.one(desk, actor, number)
    await audit.looked(desk, actor, "transcript.viewed", str(number), opened.contact.uid)
    return opened


async def quarantine(desk: Desk, actor: Actor, number: int) -> list[frames.Entry]:
    """Return a ticket's held messages with their text."""
    opened = await tickets.one(desk, actor, number)
    await audit.looked(desk, actor, "quarantine.viewed", str(number), opened.contact.uid)
    return await transcripts.held(desk, opened.contact.id, opened.ticket)
