"""One's own last message changed, or taken back, within five minutes: by its agent, or by its visitor."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from chat.core import access, frames
from chat.core.clock import stamp
from chat.core.crypt import seal_text
from chat.core.deliveries import Delivery, Rendered
from chat.core.errors import InvalidField, TooLarge
from chat.core.events import MessageEdited, MessageRedacted, QuarantineChanged, TicketChanged
from chat.core.ids import uuid_bytes
from chat.core.model import Actor, Attachment, Contact, Message, Ticket
from chat.core.texts import seen
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.spam_filter.actions import training
from chat.tickets.actions import redaction as taking
from chat.tickets.actions import scoring, tickets, transcripts
from chat.tickets.store import editing, redaction
from chat.tickets.store.editing import EditBy, NewText

Changed = frames.EditedOut | frames.RedactedOut


@dataclass(frozen=True)
class MessageEdit:
    """A change of the message `seq` under its sender's id: to a text, or (None) to nothing."""

    seq: int
    id: str
    text: str | None


async def by_agent(services: Services, actor: Actor, number: int, wanted: MessageEdit) -> Changed:
    """Change an agent's own last message. Raises NotFound, Forbidden, NotNow, InvalidField and TooLarge."""
    access.require(actor, "ticket.answer")
    opened = await tickets.one(services, actor, number)
    by = EditBy("agent", actor.agent_id, services.clock())
    return await _change(services, opened.contact, opened.ticket, by, wanted)


async def by_visitor(services: Services, contact: Contact, ticket: Ticket, wanted: MessageEdit) -> Changed:
    """Change a visitor's own last message. What is written now is scored as what was written before."""
    return await _change(services, contact, ticket, EditBy("visitor", None, services.clock()), wanted)


async def _change(services: Services, contact: Contact, ticket: Ticket, by: EditBy, wanted: MessageEdit) -> Changed:
    if wanted.text is None:
        return await _take_back(services, contact, ticket, by, wanted.seq)
    if not seen(wanted.text):
        raise InvalidField("There is nothing to see in this text", field="text")
    if len(wanted.text) > frames.TEXT_CHARS:
        raise TooLarge(f"A text holds at most {frames.TEXT_CHARS} characters")
    new = _new_text(services, contact, by, wanted)

    def work(tx: Tx) -> tuple[Message, Message | None, Message | None]:
        before = editing.known(tx, ticket.id, new.cid)
        if before is not None:
            return before, editing.targets(tx, ticket.id, [before]).get(before.target or 0), None
        was = editing.own_last(tx, ticket.id, wanted.seq, by)
        entry = editing.edit(tx, was, new, by.at)
        services.record(tx, MessageEdited(ticket.ref, entry.seq, was.seq))
        # The new text is not in the ledger: what a backup from before holds of it is emptied.
        taking.enter_taken(services, tx, contact, (ticket.id, was.seq), "edit", at=by.at)
        return entry, editing.targets(tx, ticket.id, [entry]).get(was.seq), was

    entry, target, was = await services.store.write(work)
    if was is None:
        return transcripts.edited_out(services, contact, ticket.number, entry, target, agents=by.author == "agent")
    await training.relearn_contact(services, ticket.account_id, contact.id)
    return _tell(services, contact, ticket, entry, target, by)


def _new_text(services: Services, contact: Contact, by: EditBy, wanted: MessageEdit) -> NewText:
    key, text = services.keys.get(contact.key_slot, contact.uid), wanted.text or ""
    new = NewText(uuid_bytes(wanted.id), lambda target: seal_text(key, target.author, target.cid, text))
    if by.author != "visitor":
        return new
    score, held = scoring.judge(services.filters, contact.account_id, text)
    return replace(new, score=score, held=held)


def _tell(
    services: Services, contact: Contact, ticket: Ticket, entry: Message, target: Message | None, by: EditBy
) -> frames.EditedOut:
    visitors = transcripts.edited_out(services, contact, ticket.number, entry, target, agents=False)
    agents = transcripts.edited_out(services, contact, ticket.number, entry, target, agents=True)
    event = MessageEdited(ticket.ref, entry.seq, entry.target or 0)
    services.bus.publish(Delivery(event, Rendered(visitors=[visitors], agents=[agents])), TicketChanged(ticket.ref))
    if agents.held:
        services.bus.publish(QuarantineChanged(ticket.ref))
    return visitors if by.author == "visitor" else agents


def edit_ack(name: str, changed: Changed, at: int) -> frames.Ack:
    """Return what the sender of a change hears once it is stored. What is held says nothing of it to its writer."""
    return frames.Ack(name, changed.ticket, stamp(at), held=False, seq=changed.seq)


async def _take_back(services: Services, contact: Contact, ticket: Ticket, by: EditBy, seq: int) -> frames.RedactedOut:
    def work(tx: Tx) -> tuple[Message, list[Attachment]]:
        editing.own_last(tx, ticket.id, seq, by)
        entry, gone, _ = redaction.redact(tx, ticket.id, seq, by.at)
        services.record(tx, MessageRedacted(ticket.ref, entry.seq, seq))
        taking.enter_taken(services, tx, contact, (ticket.id, seq), "redact", part=None)
        return entry, gone

    entry, gone = await services.store.write(work)
    await training.relearn_contact(services, ticket.account_id, contact.id)
    for file in gone:
        await asyncio.to_thread(services.blobs.remove, contact.uid, file.blob)
    return taking.tell(services, ticket, entry)
