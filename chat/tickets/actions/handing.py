"""Tickets from hand to hand: taken by who comes first, and transferred with a note that says why."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, structs

from chat.core import access, events, frames
from chat.core.crypt import seal_text
from chat.core.errors import AlreadyTaken, InvalidField, TooLarge
from chat.core.ids import uuid_bytes
from chat.core.model import Actor, Note, Ticket
from chat.core.texts import seen
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.tickets.actions import changing
from chat.tickets.actions.tickets import one, summary
from chat.tickets.store import notes


class Transfer(Struct, frozen=True, forbid_unknown_fields=True):
    """
    To whom a ticket goes: an `assignee` (an agent's id), a `department` (an id), or both. The `note` says why, under an
    `id` that the client makes: sent again, nothing is done twice.
    """

    id: frames.ClientId
    note: Annotated[str, Meta(min_length=1)]
    assignee: str | UnsetType = UNSET
    department: str | UnsetType = UNSET


async def take(services: Services, actor: Actor, number: int) -> frames.TicketSummary:
    """
    Take a ticket that is nobody's, or the actor's already. Of two at once the second is refused: raises AlreadyTaken,
    which carries the summary as it is then.
    """
    access.require(actor, "ticket.change")

    def free(_: Tx, was: Ticket) -> bool:
        if was.assignee not in {None, actor.agent_id}:
            raise AlreadyTaken
        return was.assignee is None

    try:
        await changing.apply(services, actor, number, {"assignee": actor.agent_id}, free)
    except AlreadyTaken:
        current = structs.asdict(await summary(services, actor, number))
        raise AlreadyTaken("A colleague has taken this ticket", current=current) from None
    return await summary(services, actor, number)


async def transfer(services: Services, actor: Actor, number: int, wanted: Transfer) -> frames.TicketSummary:
    """
    Give a ticket to an agent or a department, with a note, in one transaction. In another department it is nobody's,
    unless an agent is named. Raises InvalidField, NotFound.
    """
    access.require(actor, "ticket.change")
    access.require(actor, "ticket.answer")
    values, opened, cid = _values(actor, wanted), await one(services, actor, number), uuid_bytes(wanted.id)
    sealed = seal_text(services.keys.get(opened.contact.key_slot, opened.contact.uid), "note", cid, wanted.note)
    made = {"cid": cid, "agent_id": actor.agent_id, "body": sealed, "at": services.clock()}
    added: list[Note] = []

    def with_note(tx: Tx, was: Ticket) -> bool:
        note, again = notes.add(tx, was.id, made)
        if again:
            return False
        services.record(tx, events.NoteAdded(was.ref, note.note))
        added[:] = [note]
        return True

    await changing.apply(services, actor, number, values, with_note)
    services.bus.publish(*(events.NoteAdded(opened.ticket.ref, note.note) for note in added))
    return await changing.summary_after(services, actor, number)


def _values(actor: Actor, wanted: Transfer) -> changing.TicketValues:
    if not seen(wanted.note):
        raise InvalidField("Say why in a note", field="note")
    if len(wanted.note) > frames.TEXT_CHARS:
        raise TooLarge(f"A text holds at most {frames.TEXT_CHARS} characters")
    given: dict[str, object] = {
        name: value
        for name, value in (("assignee", wanted.assignee), ("department", wanted.department))
        if value is not UNSET
    }
    if not given:
        raise InvalidField("Give an assignee or a department", field="assignee")
    return changing.checked(actor, {"assignee": None} | given)
