"""Notes that name whoever asks."""

from __future__ import annotations

from chat.tickets.actions import mentions
from chat.web.endpoint import Ask, endpoint
from chat.web.lists import Listed


@endpoint("GET /mentions", permission="ticket.read", audited=())
async def list_unseen(ask: Ask[None]) -> Listed[mentions.UnseenMention]:
    """Return the tickets in which a note names the agent who asks, or for whom the token acts, since they looked."""
    return Listed(await mentions.unseen(ask.services, ask.actor))


@endpoint("DELETE /mentions/{number:int}", permission="ticket.read", audited=(), status=204)
async def see(ask: Ask[None]) -> None:
    """Note that they have looked at that ticket's notes."""
    await mentions.see(ask.services, ask.actor, ask.path["number"])
