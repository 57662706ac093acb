"""A part of a ticket as its agents read it: messages, and the notes and system entries that stand among them."""

from __future__ import annotations

from typing import NamedTuple

from chat.core import frames
from chat.infra.services import Services
from chat.tickets.actions import entries, transcripts
from chat.tickets.actions.tickets import OpenedTicket
from chat.tickets.domain import WHOLE, Span


class TicketPart(NamedTuple):
    """What stands in a part of a ticket, each kind in its order."""

    messages: list[frames.Entry]
    notes: list[frames.NoteOut]
    entries: list[frames.SystemOut]


async def read(services: Services, opened: OpenedTicket, among: Span = WHOLE, after: int = 0) -> TicketPart:
    """Return what stands in a part of a ticket, and no message up to `after`."""
    of = opened.contact.id, opened.ticket
    after = max(after, among.first - 1)
    return TicketPart(
        await transcripts.messages(services, *of, after, agents=True, before=among.before),
        await transcripts.notes(services, *of, among=among),
        await entries.page(services, *of, among=among),
    )


def latest(opened: OpenedTicket, after: int, count: int | None) -> Span:
    """Return the part with the newest `count` messages after a number; the whole where no count is given."""
    return WHOLE if count is None else Span(max(after, opened.ticket.last_seq - count) + 1)
