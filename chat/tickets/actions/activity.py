"""What goes on in a ticket beside messages: somebody types, has read, ends or rates it; and the frames that tell it."""

from __future__ import annotations

from typing import assert_never

from chat.core import events, frames
from chat.core.deliveries import Delivery, Rendered
from chat.core.errors import Ended
from chat.core.events import MessagesRead, TicketEnded, TypingChanged
from chat.core.model import Contact, Ticket
from chat.core.texts import seen
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.tickets.store import tickets


def rendered(event: TypingChanged | MessagesRead | TicketEnded, name: str | None = None) -> Rendered:
    """Return the frame that tells an event. `name` is its author's, which another process does not know."""
    number = event.ticket.number
    match event:
        case TypingChanged():
            typing = frames.TypingOut(number, frames.Author(event.author, name), event.on)
            return Rendered.same(typing) if event.author == "agent" else Rendered(agents=[typing])
        case MessagesRead():  # visitors are told of their own too: their other windows count what is unread
            return Rendered.same(frames.ReadOut(number, event.seq, frames.Author(event.reader, name)))
        case TicketEnded():
            return Rendered.same(frames.EndedOut(number, frames.Author(event.by, name)))
        case _:
            assert_never(event)


def typing(
    services: Services, ticket: Ticket, side: events.Side, name: str | None, *, on: bool, source: object
) -> None:
    """Tell the others in a ticket that somebody types or has stopped. What is typed is nobody's business."""
    event = events.TypingChanged(ticket.ref, side, on)
    services.bus.publish(Delivery(event, rendered(event, name), source))


async def read(
    services: Services, ticket: Ticket, side: events.Side, seq: int, name: str | None, source: object
) -> None:
    """Note that `side` (agent or visitor) has read up to `seq`, and tell the other."""
    stands = await services.store.write(lambda tx: tickets.mark_read(tx, ticket.id, side, seq))
    event = events.MessagesRead(ticket.ref, side, stands)
    services.bus.publish(Delivery(event, rendered(event, name), source))
    if side == "agent":
        services.bus.publish(events.TicketChanged(ticket.ref))


async def end(services: Services, ticket: Ticket, name: str | None) -> None:
    """The visitor ends the chat. Raises Ended where it has."""

    def work(tx: Tx) -> None:
        if not tickets.end(tx, ticket.id, services.clock()):
            raise Ended("This chat has ended")

    await services.store.write(work)
    event = events.TicketEnded(ticket.ref, "visitor")
    services.bus.publish(events.TicketChanged(ticket.ref), Delivery(event, rendered(event, name)))


async def rate(services: Services, contact: Contact, ticket: Ticket, score: int, comment: str) -> None:
    """Keep the visitor's rating of a ticket, 1 to 5, and the comment."""
    sealed = services.seal(contact.key_slot, contact.uid, f"rating/{ticket.id}", comment) if seen(comment) else None
    await services.store.write(lambda tx: tickets.change(tx, ticket.id, rating=score, rating_comment=sealed))
    services.bus.publish(events.TicketChanged(ticket.ref))
