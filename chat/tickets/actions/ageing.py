"""Taking what of tickets is over its days, in small transactions between which others write."""

from __future__ import annotations

import asyncio

from chat.core.events import Event, MessageRedacted, TicketEnded, TicketGone
from chat.core.model import Attachment, Message, Ticket
from chat.infra.gathered import Batch
from chat.infra.store.tx import Tx
from chat.spam_filter.actions import training
from chat.spam_filter.store import labels as marks
from chat.tickets.actions import redaction
from chat.tickets.store import redaction as rows
from chat.tickets.store.redaction import TicketToPurge


async def purge_tickets(batch: Batch) -> None:
    """Delete tickets with all that hangs off them: unseen at once, then chunk by chunk."""
    services, ids = batch.services, [each[1] for each in batch.found]

    def work(tx: Tx) -> list[tuple[Ticket, str]]:
        # Locked before it is asked again: a message or a hold that comes meanwhile is seen, or waits and finds the
        # ticket gone.
        known = rows.lock_tickets(tx, ids)
        kept = {each[1] for each in batch.still(tx)}
        rows.mark_for_deletion(tx, list(kept), services.clock())
        services.record(tx, *(TicketGone(ticket.ref) for ticket, _ in known if ticket.id in kept))
        return [(ticket, uid) for ticket, uid in known if ticket.id in kept]

    gone = await services.store.write(work)
    for ticket, _ in gone:
        services.bus.publish(*_went(ticket))
    await batch.pause()
    await redaction.finish(
        services, [TicketToPurge(each.id, each.account_id, each.contact_id, uid) for each, uid in gone], batch.pause
    )


async def purge_files(batch: Batch) -> None:
    """Delete files from messages that stay, each as an entry of its own in the ticket."""
    services = batch.services

    def work(tx: Tx) -> list[tuple[Ticket, str, Message, list[Attachment]]]:
        known = {ticket.id: (ticket, uid) for ticket, uid in rows.lock_tickets(tx, [each[1] for each in batch.found])}
        made = []
        for _, ticket_id, seq, attachment_id in sorted(batch.still(tx), key=lambda each: tuple(each[1:])):
            entry, gone, _ = rows.redact(tx, ticket_id, seq, services.clock(), attachment_id, aged=True)
            services.record(tx, MessageRedacted(known[ticket_id][0].ref, entry.seq, entry.target or seq))
            made.append((*known[ticket_id], entry, gone))
        return made

    for ticket, uid, entry, gone in await services.store.write(work):
        for file in gone:
            await asyncio.to_thread(services.blobs.remove, uid, file.blob)
        redaction.tell(services, ticket, entry)
    await batch.pause()


async def purge_labels(batch: Batch) -> None:
    """Delete labels, and unlearn them at once."""
    services = batch.services

    def work(tx: Tx) -> set[tuple[str, int]]:
        rows.lock_tickets(tx, [each[1] for each in batch.found])
        kept = [(each[1], each[2]) for each in batch.still(tx)]
        taught = marks.contacts_of(tx, [ticket_id for ticket_id, _ in kept])
        marks.drop_many(tx, kept)
        return taught

    for account_id, contact_id in await services.store.write(work):
        await training.relearn_contact(services, account_id, contact_id)
    await batch.pause()


def _went(ticket: Ticket) -> list[Event]:
    gone = TicketGone(ticket.ref)
    return [gone] if ticket.ended else [TicketEnded(ticket.ref, "system"), gone]
