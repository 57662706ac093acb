"""Tickets from hand to hand, over REST."""

from __future__ import annotations

from chat.core import frames
from chat.tickets.actions import handing, merging
from chat.web.endpoint import Ask, endpoint


@endpoint("POST /tickets/{number:int}/take", permission="ticket.change", audited={"ticket.changed"})
async def post_take(ask: Ask[None]) -> frames.TicketSummary:
    """Take a ticket that is nobody's. Where a colleague has it: 409 `already_taken`, with the summary as `current`."""
    return await handing.take(ask.services, ask.actor, ask.path["number"])


@endpoint(
    "POST /tickets/{number:int}/transfer",
    permission="ticket.change",
    audited={"ticket.changed"},
)
async def post_transfer(ask: Ask[handing.Transfer]) -> frames.TicketSummary:
    """Give it to an agent or a department, with a note for them, both or neither. Sent again, nothing is done twice."""
    return await handing.transfer(ask.services, ask.actor, ask.path["number"], ask.body)


@endpoint("POST /tickets/{number:int}/merge", permission="ticket.change", audited={"ticket.merged"})
async def post_merge(ask: Ask[merging.TicketMerge]) -> frames.TicketSummary:
    """
    Make it a part of an earlier ticket of its contact (`into`, a number), for good; the answer is that one's summary.
    Where a colleague was first: 409 `not_now`, with the number that it leads to by now as `merged_into`.
    """
    return await merging.merge(ask.services, ask.actor, ask.path["number"], ask.body.into)
