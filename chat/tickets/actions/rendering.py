"""The frames of events that are all there is to tell."""

from __future__ import annotations

from typing import assert_never

from chat.core import frames
from chat.core.deliveries import Rendered
from chat.core.events import MessagesRead, TicketEnded, TypingChanged


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
