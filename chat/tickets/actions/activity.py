"""What goes on in a ticket beside messages: somebody types, has read, ends or rates it; and the frames that tell it."""

from __future__ import annotations

from typing import assert_never

from chat.core import events, frames
from chat.core.deliveries import Delivery, Rendered
from chat.core.errors import Ended
from chat.core.events import MessagesRead, TicketEnded, TypingChanged
from chat.core.model import Actor, Contact, Ticket
from chat.core.texts import seen
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.tickets.actions import entries
from chat.tickets.domain import VISITOR, Fact
from chat.tickets.store import tickets


def rendered(
    event: TypingChanged | MessagesRead | TicketEnded, name: str | None = None, alias: str | None = None
) -> Rendered:
    """
    Return the frames that tell an event. `name` is its author's, which another process does not know, and `alias` what
    visitors are told instead of an agent's.
    """
    for_agents, for_visitors = _frame_of(event, name), _frame_of(event, alias or name)
    if isinstance(event, TypingChanged) and event.author == "visitor":
        return Rendered(agents=[for_agents])
    # Visitors are told of what they read themselves too: their other windows count what is unread.
    if for_agents == for_visitors:
        return Rendered.same(for_agents)
    return Rendered(visitors=[for_visitors], agents=[for_agents])


def _frame_of(event: TypingChanged | MessagesRead | TicketEnded, name: str | None) -> frames.OutboundFrame:
    number = event.ticket.number
    match event:
        case TypingChanged():
            return frames.TypingOut(number, frames.Author(event.author, name), event.on)
        case MessagesRead():
            return frames.ReadOut(number, event.seq, frames.Author(event.reader, name))
        case TicketEnded():
            return frames.EndedOut(number, frames.Author(event.by, name))
        case _:
            assert_never(event)


def typing(services: Services, ticket: Ticket, who: Actor | str | None, *, on: bool, source: object) -> None:
    """
    Tell the others in a ticket that an agent types, or the visitor of a name, or has stopped. What is typed is nobody's
    business.
    """
    if isinstance(who, Actor):
        event = events.TypingChanged(ticket.ref, "agent", on, who.agent_id)
        frames = rendered(event, who.name, who.alias)
    else:
        event = events.TypingChanged(ticket.ref, "visitor", on)
        frames = rendered(event, who)
    services.bus.publish(Delivery(event, frames, source))


async def read(
    services: Services,
    ticket: Ticket,
    side: events.Side,
    seq: int,
    name: str | None,
    source: object,
    alias: str | None = None,
) -> None:
    """Note that `side` (agent or visitor) has read up to `seq`, and tell the other."""
    stands = await services.store.write(lambda tx: tickets.mark_read(tx, ticket.id, side, seq))
    event = events.MessagesRead(ticket.ref, side, stands)
    services.bus.publish(Delivery(event, rendered(event, name, alias), source))
    if side == "agent":
        services.bus.publish(events.TicketChanged(ticket.ref))


async def end(services: Services, ticket: Ticket, name: str | None) -> None:
    """The visitor ends the chat. Raises Ended where it has."""
    event = events.TicketEnded(ticket.ref, "visitor")

    def work(tx: Tx) -> list[events.SystemEntered]:
        if not tickets.end(tx, ticket.id, services.clock()):
            raise Ended("This chat has ended")
        services.record(tx, event)
        return entries.enter(services, tx, ticket.ref, VISITOR, [Fact(kind="ended")])

    entered = await services.store.write(work)
    services.bus.publish(events.TicketChanged(ticket.ref), *entered, Delivery(event, rendered(event, name)))


async def rate(services: Services, contact: Contact, ticket: Ticket, score: int, comment: str) -> None:
    """Keep the visitor's rating of a ticket, 1 to 5, and the comment."""
    sealed = services.seal(contact.key_slot, contact.uid, f"rating/{ticket.id}", comment) if seen(comment) else None
    changed = events.TicketChanged(ticket.ref)

    def work(tx: Tx) -> None:
        tickets.change(tx, ticket.id, rating=score, rating_comment=sealed)
        services.record(tx, changed)

    await services.store.write(work)
    services.bus.publish(changed)
